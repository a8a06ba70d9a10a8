namespace Channels;

/// <summary>Limits of presence, bound from <c>Channels:Presence</c> and checked when the host starts.</summary>
[OptionsSection("Channels:Presence")]
public sealed class PresenceOptions
{
    /// <summary>How many bytes the metadata of a key may hold, roughly. Default 1,024; at least 64.</summary>
    [AtLeast(64, "bytes")]
    public int MaxMetadataBytes { get; set; } = 1_024;

    /// <summary>
    /// How long a key stays when its consumer ends, so that a page that is loaded anew, or a connection that comes back, does not
    /// blink; a consumer that calls <see cref="ConsumerGroups.UntrackAsync"/> leaves at once, and so do all when the process stops.
    /// Default 0: everybody leaves at once; at most 1 minute.
    /// </summary>
    [TimeBetween("00:00:00", "00:01:00")]
    public TimeSpan Grace { get; set; }
}
