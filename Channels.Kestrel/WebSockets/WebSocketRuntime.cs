using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>What all WebSockets of one server share.</summary>
internal sealed class WebSocketRuntime
{
    public WebSocketRuntime(WebSocketServerOptions options, TimeProvider time, ChannelsMetrics metrics, ILoggerFactory loggers)
    {
        Options = options;
        Heartbeat = new ConnectionHeartbeat(time);
        Metrics = new WebSocketMetrics(metrics, time);
        Logger = loggers.CreateLogger("Channels.Kestrel.WebSocket");
        Partial = new PartialMessageBudget(Options.MaxPartialBytes);
        Plain = new PlainFrameEncoder();
        Deflating = new SharedDeflateEncoder(Plain, Options.CompressionMinBytes);
    }

    public WebSocketServerOptions Options { get; }

    public ConnectionHeartbeat Heartbeat { get; }

    public WebSocketMetrics Metrics { get; }

    public ILogger Logger { get; }

    public PartialMessageBudget Partial { get; }

    /// <summary>The encoder for messages that a compressing socket sends plain.</summary>
    public PlainFrameEncoder Plain { get; }

    /// <summary>The encoder of every socket that agreed to compression without a window of its own.</summary>
    public SharedDeflateEncoder Deflating { get; }
}
