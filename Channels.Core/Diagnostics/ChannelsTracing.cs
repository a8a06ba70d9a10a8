using System.Diagnostics;

namespace Channels.Extending;

/// <summary>The source of the library's activities, for <c>AddSource("Channels")</c>. Costs nothing while nobody listens.</summary>
public static class ChannelsTracing
{
    /// <summary>The source's name.</summary>
    public const string SourceName = "Channels";

    /// <summary>The source; ask <see cref="ActivitySource.HasListeners"/> before any work for an activity is done.</summary>
    public static ActivitySource Source { get; } = new(SourceName);
}
