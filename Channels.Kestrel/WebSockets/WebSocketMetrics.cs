using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Channels.Kestrel;

/// <summary>
/// The server's instruments on meter <c>Channels</c>. Nothing is allocated per message; nothing at all happens while nobody
/// listens, and a listener that throws costs nobody a socket.
/// </summary>
internal sealed class WebSocketMetrics
{
    private static readonly KeyValuePair<string, object?> ScopeType = new("channels.scope.type", "websocket");
    private static readonly KeyValuePair<string, object?> In = new("channels.direction", "in");
    private static readonly KeyValuePair<string, object?> Out = new("channels.direction", "out");
    private static readonly KeyValuePair<string, object?> Text = new("channels.message.kind", "text");
    private static readonly KeyValuePair<string, object?> Binary = new("channels.message.kind", "binary");
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] };

    // From here on codes mean what peers agree on (RFC 6455, section 7.4.2).
    private const int FirstFreeCode = 3000;

    private readonly TimeProvider _time;
    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _messages;
    private readonly Histogram<long> _size;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _abandoned;

    public WebSocketMetrics(ChannelsMetrics metrics, TimeProvider time)
    {
        var meter = metrics.Meter;
        _time = time;
        _active = meter.CreateUpDownCounter<long>("channels.server.connections.active", "{connection}", "Open connections, by scope type.");
        _duration = meter.CreateHistogram("channels.server.connection.duration", "s", "How long connections lived, by scope type, close code and who closed.", null, Seconds);
        _messages = meter.CreateCounter<long>("channels.server.messages", "{message}", "WebSocket messages, by direction and kind.");
        _size = meter.CreateHistogram<long>("channels.server.message.size", "By", "Payload bytes of WebSocket messages, by direction and kind.");
        _dropped = meter.CreateCounter<long>("channels.server.messages.dropped", "{message}", "Messages dropped because a client reads too slowly.");
        _abandoned = meter.CreateCounter<long>("channels.server.applications.abandoned", "{application}", "Applications that went on too long after their connection had ended.");
    }

    public long Opened()
    {
        Add(_active, 1);
        return _time.GetTimestamp();
    }

    public void Closed(long opened, int code, ClosedBy by, string route)
    {
        Add(_active, -1);
        if (_duration.Enabled)
        {
            var closer = by switch { ClosedBy.Application => "app", ClosedBy.Server => "server", _ => "client" };
            TagList tags = [ScopeType, new("channels.close.code", by == ClosedBy.Client ? Group(code) : code), new("channels.closed_by", closer)];
            if (route.Length > 0)
            {
                tags.Add("http.route", route);
            }

            Guarded.Run(static end => end.Duration.Record(end.Seconds, end.Tags), (Duration: _duration, Seconds: _time.GetElapsedTime(opened).TotalSeconds, Tags: tags));
        }
    }

    public void Received(WebSocketMessageKind kind, int length) => Count(In, kind, length);

    public void Sent(WebSocketMessageKind kind, int length) => Count(Out, kind, length);

    public void Dropped() => Guarded.Run(static dropped => dropped.Add(1), _dropped);

    public void Abandoned() => Guarded.Run(static abandoned => abandoned.Add(1), _abandoned);

    private static void Add(UpDownCounter<long> counter, int change) => Guarded.Run(static counted => counted.Counter.Add(counted.Change, ScopeType), (Counter: counter, Change: change));

    // A peer chooses among two thousand codes of its own; each would be a series for good.
    private static int Group(int code) => code < FirstFreeCode ? code : code / 1000 * 1000;

    private void Count(in KeyValuePair<string, object?> direction, WebSocketMessageKind kind, int length)
    {
        if (_messages.Enabled || _size.Enabled)
        {
            Tell(direction, kind == WebSocketMessageKind.Text ? Text : Binary, length);
        }
    }

    private void Tell(in KeyValuePair<string, object?> direction, in KeyValuePair<string, object?> kind, int length)
    {
        try
        {
            _messages.Add(1, direction, kind);
            _size.Record(length, direction, kind);
        }
#pragma warning disable CA1031 // a listener that fails must neither end the process nor make sent messages look unsent
        catch
#pragma warning restore CA1031
        {
        }
    }
}
