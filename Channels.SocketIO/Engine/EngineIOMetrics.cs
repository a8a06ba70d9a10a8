using System.Diagnostics.Metrics;

namespace Channels.SocketIO;

/// <summary>What is measured of sessions. Nothing is counted by the message: frames are the server's to count, and polls count what they carry at once.</summary>
internal sealed class EngineIOMetrics
{
    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _upgrades;
    private readonly Counter<long> _polled;

    public EngineIOMetrics(Meter meter)
    {
        _active = meter.CreateUpDownCounter<long>("channels.engineio.sessions.active", "{session}", "Open sessions of Engine.IO, by transport (polling, websocket).");
        _ended = meter.CreateCounter<long>("channels.engineio.sessions.ended", "{session}", "Sessions that have ended, by reason.");
        _refused = meter.CreateCounter<long>("channels.engineio.sessions.refused", "{session}", "Handshakes that were refused, by reason (full, vetoed, stopping).");
        _upgrades = meter.CreateCounter<long>("channels.engineio.upgrades", "{session}", "Sessions that have changed from polling to a WebSocket.");
        _polled = meter.CreateCounter<long>("channels.engineio.polling.packets", "{packet}", "Packets in the bodies of polling requests and their answers, by direction (in, out).");
    }

    public void Opened(EngineIOTransport transport) => _active.Add(1, Tag(transport));

    public void Upgraded()
    {
        _active.Add(-1, Tag(EngineIOTransport.Polling));
        _active.Add(1, Tag(EngineIOTransport.WebSocket));
        _upgrades.Add(1);
    }

    /// <summary>Nothing is left of a session that was opened.</summary>
    public void Closed(EngineIOTransport transport) => _active.Add(-1, Tag(transport));

    /// <param name="reason">One of <see cref="DisconnectReason"/>.</param>
    public void Ended(string reason) => _ended.Add(1, new KeyValuePair<string, object?>("channels.disconnect.reason", reason));

    /// <param name="reason"><c>full</c>, <c>vetoed</c> or <c>stopping</c>.</param>
    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("channels.refusal.reason", reason));

    public void PolledIn(int packets) => _polled.Add(packets, new KeyValuePair<string, object?>("channels.direction", "in"));

    public void PolledOut(int packets) => _polled.Add(packets, new KeyValuePair<string, object?>("channels.direction", "out"));

    private static KeyValuePair<string, object?> Tag(EngineIOTransport transport) => new("channels.transport", transport == EngineIOTransport.Polling ? "polling" : "websocket");
}
