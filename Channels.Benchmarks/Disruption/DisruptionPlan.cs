namespace Channels.Benchmarks;

/// <summary>How much is disturbed, and for how long.</summary>
/// <param name="Sockets">How many clients listen.</param>
/// <param name="Duration">How long one publisher publishes.</param>
internal sealed record DisruptionPlan(int Sockets, TimeSpan Duration)
{
    internal static DisruptionPlan Default { get; } = new(2_000, TimeSpan.FromMinutes(10));

    internal static DisruptionPlan Quick { get; } = new(200, TimeSpan.FromSeconds(30));

    /// <summary>How long a connection lives on average; each is cut at random between half and one and a half of it.</summary>
    internal TimeSpan Life { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a client stays away after its connection was cut.</summary>
    internal TimeSpan Away { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>When a client tries again that was refused, or found nobody.</summary>
    internal TimeSpan Retry { get; init; } = TimeSpan.FromMilliseconds(200);

    internal int MessagesPerSecond { get; init; } = 10;

    /// <summary>How often a server is killed, or Redis restarted.</summary>
    internal TimeSpan Blow => TimeSpan.FromSeconds(Math.Clamp(Duration.TotalSeconds / 4, 1, 60));

    /// <summary>How long the last messages may take to everybody.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
