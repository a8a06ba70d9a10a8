using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>
/// Lets WebSockets in while the server is not stopping and below its caps; others get 503 before any code of the
/// application runs.
/// </summary>
internal sealed class WebSocketAdmission
{
    private readonly ChannelsServerOptions _options;
    private readonly ConnectionRegistry _connections;
    private readonly WebSocketDoor _door;
    private readonly ConnectionLimits _limits;
    private readonly RefusalLog _refusals;

    public WebSocketAdmission(
        Application root,
        ChannelsServerOptions options,
        WebSocketServerOptions webSocket,
        TimeProvider time,
        ChannelsMetrics metrics,
        ILoggerFactory loggers,
        ConnectionRegistry connections,
        ConnectionLimits limits,
        RefusalLog refusals,
        MemoryBudget memory,
        RunningHandlers running)
    {
        (_options, _connections, _limits, _refusals) = (options, connections, limits, refusals);
        _door = new WebSocketDoor(root, webSocket, time, metrics, loggers, connections, memory, running, Release);
    }

    public Task ServeAsync(IFeatureCollection features, WebSocketScope scope, WebSocketRequest request)
    {
        if (_connections.IsDraining)
        {
            return RefuseAsync(features, "The server is stopping.");
        }

        if (_limits.TryAdmit(scope.Client?.Address) is { } limit)
        {
            _refusals.Add(limit);
            return RefuseAsync(features, "There are too many connections.");
        }

        return _door.ServeAsync(request, scope);
    }

    /// <summary>Measures a handshake that is refused in front of this.</summary>
    public Task MeasureAsync(Func<Task> refuse) => _door.MeasureAsync(refuse);

    private void Release(IPEndPoint? client) => _limits.Release(client?.Address);

    private Task RefuseAsync(IFeatureCollection features, string text) => MeasureAsync(() => PlainResponse.WriteAsync(features, 503, text, _options.RetryAfter));
}
