namespace Channels.Benchmarks;

/// <summary>Counts the answers of all connections of an <see cref="HttpWorkload"/>.</summary>
internal sealed class HttpDriver(Meter meter)
{
    internal string? Failure { get; private set; }

    /// <summary>All answers so far, measured or not.</summary>
    internal long Answers { get; private set; }

    internal void OnAnswer(long ticks, bool success)
    {
        Answers++;
        if (!success) Failure ??= "an answer was not 200";
        if (!meter.IsRunning) return;
        meter.Count++;
        meter.Latencies.Add(ticks);
    }

    internal void OnEnded(string reason) => Failure ??= reason;
}
