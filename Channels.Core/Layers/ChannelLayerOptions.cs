namespace Channels;

/// <summary>
/// The limits every layer has, bound from <c>Channels:Layers:&lt;alias&gt;</c> and checked at start. A layer reads them
/// once, when it is made. Each kind of layer derives its own.
/// </summary>
public abstract class ChannelLayerOptions
{
    /// <summary>How many unread messages a channel holds before it refuses more. At least 1. Default 100.</summary>
    public int Capacity { get; set; } = 100;

    /// <summary>Capacities for channels by name, first match wins; the others get <see cref="Capacity"/>. Default none.</summary>
    public IList<ChannelCapacityRule> ChannelCapacity { get; } = [];

    /// <summary>How long a message waits unread before it is dropped and counted. Longer than zero, at most 365 days. Default 60 seconds.</summary>
    public TimeSpan Expiry { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a membership lasts after it was last added, when nobody of this process holds the channel open (a live
    /// socket keeps its memberships as long as it lives). Longer than zero, at most 10 years. Default 24 hours.
    /// </summary>
    public TimeSpan GroupExpiry { get; set; } = TimeSpan.FromSeconds(86400);
}
