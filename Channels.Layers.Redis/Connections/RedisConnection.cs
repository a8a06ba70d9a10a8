using System.Net;

namespace Channels.Layers.Redis;

/// <summary>
/// One connection to one server, from connecting to its first failure. It never reconnects: reconnecting of its own would
/// forget which subscriptions were confirmed, would not follow a master and would not see a half-open link, so
/// <see cref="RedisLinkSupervisor{TConnection}"/> opens a new connection instead.
/// </summary>
/// <param name="server">Where the server is.</param>
internal abstract class RedisConnection(EndPoint server) : IAsyncDisposable
{
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EndPoint Server => server;

    /// <summary>Completes with the reason when the connection is known to be unusable.</summary>
    public Task<string> Lost => _lost.Task;

    /// <summary>Declares the connection unusable.</summary>
    public void ReportLost(string reason) => _lost.TrySetResult(reason);

    /// <summary>Asks whether the server still answers.</summary>
    public abstract Task PingAsync();

    public abstract ValueTask DisposeAsync();

    protected static IOException Replica() => new("the server is a read-only replica; the host list must name the master, or sentinels that know it.");
}
