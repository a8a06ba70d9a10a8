using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>What all WebSockets of one server share.</summary>
internal sealed class WebSocketRuntime
{
    /// <param name="root">Serves every connection.</param>
    /// <param name="options">Limits and timeouts.</param>
    /// <param name="connections">Where open connections are found when the server drains.</param>
    /// <param name="memory">What all peers together may make the server hold.</param>
    /// <param name="running">Where running application code is noted.</param>
    /// <param name="metrics">Where the instruments belong.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where to log.</param>
    public WebSocketRuntime(
        Application root, WebSocketServerOptions options, ConnectionRegistry connections, MemoryBudget memory, RunningHandlers running, ChannelsMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        (Root, Options, Connections, Memory, Running) = (root, options, connections, memory, running);
        Heartbeat = new ConnectionHeartbeat(time);
        Metrics = new WebSocketMetrics(metrics, time);
        Logger = new QuietLoggers(loggers).CreateLogger("Channels.Kestrel.WebSocket");
        Flood = new FloodLog(Logger, time);
        Plain = new PlainFrameEncoder();
        Deflating = new SharedDeflateEncoder(Plain, options.CompressionMinBytes);
    }

    public Application Root { get; }

    public WebSocketServerOptions Options { get; }

    public ConnectionRegistry Connections { get; }

    public ConnectionHeartbeat Heartbeat { get; }

    public WebSocketMetrics Metrics { get; }

    public ILogger Logger { get; }

    public MemoryBudget Memory { get; }

    public RunningHandlers Running { get; }

    /// <summary>Asked before a line about something that a stranger can repeat.</summary>
    public FloodLog Flood { get; }

    /// <summary>The encoder for messages that a compressing socket sends plain.</summary>
    public PlainFrameEncoder Plain { get; }

    /// <summary>The encoder of every socket that agreed to compression without a window of its own.</summary>
    public SharedDeflateEncoder Deflating { get; }
}
