namespace Channels;

/// <summary>Limits of presence, bound from <c>Channels:Presence</c> and checked when the host starts.</summary>
[OptionsSection("Channels:Presence")]
public sealed class PresenceOptions
{
    /// <summary>How many bytes the metadata of a key may hold, roughly. Default 1,024; at least 64.</summary>
    [AtLeast(64, "bytes")]
    public int MaxMetadataBytes { get; set; } = 1_024;
}
