namespace Channels.Kestrel;

/// <summary>What all HTTP exchanges of one server share.</summary>
/// <param name="Options">Limits and ways of the server.</param>
/// <param name="Limits">Counts requests that last, together with WebSockets.</param>
/// <param name="Refusals">Told of those that were refused.</param>
/// <param name="Log">What is logged about requests.</param>
internal sealed record HttpRuntime(ChannelsServerOptions Options, ConnectionLimits Limits, RefusalLog Refusals, HttpLog Log)
{
    /// <summary>The requests that last, so that a drain can reach them.</summary>
    public ConnectionRegistry LongRequests { get; } = new();
}
