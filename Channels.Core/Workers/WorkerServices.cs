using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>What all lanes of a worker share.</summary>
internal sealed record WorkerServices(
    Application Application,
    Func<CancellationToken, ValueTask<WorkerJob>> Take,
    IDeadLetterStore DeadLetters,
    WorkerMetrics Metrics,
    TimeProvider Time,
    ILogger Logger,
    IServiceProvider Provider,
    IDictionary<string, object?>? State)
{
    /// <summary>Asked before a line about what may fail with every job.</summary>
    public FloodLog Flood { get; } = new(Logger, Time);

    /// <summary>Each lane gets a shallow copy, as each connection does.</summary>
    public IDictionary<string, object?>? CopyState() => State is null ? null : new Dictionary<string, object?>(State, StringComparer.Ordinal);
}
