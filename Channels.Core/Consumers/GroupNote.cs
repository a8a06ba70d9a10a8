namespace Channels;

/// <summary>What became of a group that a consumer was to join.</summary>
internal enum GroupNote
{
    /// <summary>It is among the consumer's groups.</summary>
    Noted,

    /// <summary>The consumer is in as many groups as it may be.</summary>
    TooMany,

    /// <summary>The consumer has left its groups, for good.</summary>
    Ended,
}
