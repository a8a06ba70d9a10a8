namespace Channels.Tests.Specifications;

/// <summary>What a layer promises beyond the contract every layer keeps; a test that needs more (<see cref="NeedsAttribute"/>) does not exist for it.</summary>
[Flags]
public enum LayerCapabilities
{
    None = 0,

    /// <summary>Several receivers of one normal channel share its messages.</summary>
    CompetingReaders = 1,

    /// <summary>Messages wait for readers that come later.</summary>
    Waits = 2,

    /// <summary>A full normal channel refuses a direct message, and group members at capacity miss one.</summary>
    RefusesWhenFull = 4,

    /// <summary>A full inbox refuses a direct message (rather than dropping its oldest).</summary>
    InboxRefuses = 8,

    /// <summary>Expiry follows the clock the layer was given.</summary>
    ExactExpiry = 16,

    /// <summary>Normal channels can be members of groups.</summary>
    SharedMembers = 32,

    /// <summary>A receiver of <c>p!</c> gets what is sent to <c>p!x</c>.</summary>
    ProcessParts = 64,

    /// <summary>A group message reaches exactly those who were members while it was sent, however late it arrives.</summary>
    ExactMembership = 128,

    /// <summary>Members of a group are counted and listed.</summary>
    Members = 256,

    /// <summary>It can be disposed, after which nothing comes any more.</summary>
    Ends = 512,
}
