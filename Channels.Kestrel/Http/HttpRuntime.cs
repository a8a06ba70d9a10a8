namespace Channels.Kestrel;

/// <summary>What all HTTP exchanges of one server share.</summary>
/// <param name="Options">Limits and ways of the server.</param>
/// <param name="Limits">Counts requests that last, together with WebSockets.</param>
/// <param name="Refusals">Told of those that were refused.</param>
/// <param name="Log">What is logged about requests.</param>
/// <param name="Memory">What all peers together may make the server hold.</param>
/// <param name="Running">Where running application code is noted.</param>
internal sealed record HttpRuntime(ChannelsServerOptions Options, ConnectionLimits Limits, RefusalLog Refusals, HttpLog Log, MemoryBudget Memory, RunningHandlers Running)
{
    private volatile bool _stopping;

    /// <summary>The requests that last, so that a drain can reach them.</summary>
    public ConnectionRegistry LongRequests { get; } = new();

    /// <summary>Whether requests that last are being ended: what begins to wait from now on is told so at once.</summary>
    public bool IsStopping => _stopping;

    /// <summary>The requests that last are about to be ended.</summary>
    public void BeginStop() => _stopping = true;
}
