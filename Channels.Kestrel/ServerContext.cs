using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>What every connection of one server shares; made once at start.</summary>
internal sealed class ServerContext
{
    public required Application Root { get; init; }

    public required IServiceProvider Services { get; init; }

    public required WebSocketServerOptions WebSocket { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    public ConnectionRegistry Connections { get; } = new();

    /// <summary>What the application stored at start-up; null when it has no lifespan.</summary>
    public IDictionary<string, object?>? State { get; init; }
}
