using System.Net;
using StackExchange.Redis.Configuration;

namespace Channels.Layers.Redis;

/// <summary>
/// Lets the client library's first connections begin when it has begun to wait for their end, and not before: it waits for what happens from
/// then on, so a server that had refused it by that time (nobody listens, on the same machine) was waited for until the time was over, and one that
/// had come back meanwhile as long.
/// </summary>
internal sealed class ConnectGate : Tunnel
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _open.SetResult();

    public override async ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        await _open.Task;
        return endpoint;
    }
}
