using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>Who publishes to a group, and what of it is under way.</summary>
/// <param name="client">The member that sends.</param>
/// <param name="source">Tells its messages from everybody else's.</param>
/// <param name="index">Its place among the group's publishers.</param>
/// <param name="frame">What it sends.</param>
internal sealed class Publisher(WebSocketClient client, uint source, int index, ClientFrame frame)
{
    private byte[] _together = [];

    internal uint Source => source;

    internal int Index => index;

    internal InFlightWindow? Window { get; private set; }

    /// <summary>There is room, and nothing was sent into it yet.</summary>
    internal bool NeedsSend { get; set; }

    internal void Start(int slots, int receivers, uint first) => Window = new InFlightWindow(slots, receivers, first);

    internal void Probe(uint sequence, long now) => client.Send(frame.With(new Stamp(source, sequence, now)));

    internal void Send() => client.Send(Next());

    /// <summary>Sends until that many are under way.</summary>
    internal void Fill(int window)
    {
        while (Window!.UnderWay < window) Send();
    }

    /// <summary>Sends that many in one write.</summary>
    internal void SendTogether(int count)
    {
        var length = 0;
        for (var i = 0; i < count; i++)
        {
            var next = Next();
            if (_together.Length == 0) _together = new byte[count * next.Length];
            next.CopyTo(_together.AsSpan(length));
            length += next.Length;
        }

        client.Send(_together.AsSpan(0, length));
    }

    private ReadOnlySpan<byte> Next() => frame.With(new Stamp(source, Window!.Send(), Stopwatch.GetTimestamp()));
}
