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

    public ChannelsServerOptions Options { get; init; } = new();

    public ServerTelemetry Telemetry { get; init; } = new(new ChannelsMetrics());

    public ConnectionRegistry Connections { get; init; } = new();

    /// <summary>What the application stored at start-up; null when it has no lifespan.</summary>
    public IDictionary<string, object?>? State { get; init; }

    /// <summary>The state for a new scope: a shallow copy, so that replacing an entry stays private to it.</summary>
    public IDictionary<string, object?>? CopyState() => State is null or { Count: 0 } ? null : new Dictionary<string, object?>(State, StringComparer.Ordinal);
}
