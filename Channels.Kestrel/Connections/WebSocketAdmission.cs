using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>
/// Lets WebSockets in while the server is not stopping and below its caps; others get 503 before any code of the
/// application runs (REL-49, SEC-17).
/// </summary>
internal sealed class WebSocketAdmission
{
    private readonly ServerContext _server;
    private readonly WebSocketDoor _door;
    private readonly ConnectionLimits _limits;
    private readonly RefusalLog _refusals;

    public WebSocketAdmission(ServerContext server)
    {
        (_server, _door) = (server, new WebSocketDoor(server, Release));
        _limits = new ConnectionLimits(server.Options, server.Time);
        _refusals = new RefusalLog(server.Loggers.CreateLogger("Channels.Server"), server.Telemetry, server.Time);
    }

    public Task ServeAsync(IFeatureCollection features, WebSocketScope scope)
    {
        if (_server.IsDraining)
        {
            return RefuseAsync(features, "The server is stopping.");
        }

        if (_limits.TryAdmit(scope.Client?.Address) is { } limit)
        {
            _refusals.Add(limit);
            return RefuseAsync(features, "There are too many connections.");
        }

        return _door.ServeAsync(features, scope);
    }

    private void Release(IPEndPoint? client) => _limits.Release(client?.Address);

    private Task RefuseAsync(IFeatureCollection features, string text) => PlainResponse.WriteAsync(features, 503, text, _server.Options.RetryAfter);
}
