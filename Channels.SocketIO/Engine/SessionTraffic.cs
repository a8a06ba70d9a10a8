namespace Channels.SocketIO;

/// <summary>What one session has carried. Each way is counted by one thread at a time; whoever reads beside it may read a little less.</summary>
/// <param name="session">The session; null for a sum.</param>
internal sealed class SessionTraffic(SessionLife? session)
{
    public long PacketsIn { get; private set; }

    public long BytesIn { get; private set; }

    public long PacketsOut { get; private set; }

    public long BytesOut { get; private set; }

    public bool IsPolling => session is { Transport: EngineIOTransport.Polling };

    public void CountIn(int bytes) => (PacketsIn, BytesIn) = (PacketsIn + 1, BytesIn + bytes);

    public void CountOut(ReadOnlySpan<Event> packets)
    {
        foreach (var packet in packets)
        {
            if (packet is EngineIOSend send)
            {
                (PacketsOut, BytesOut) = (PacketsOut + 1, BytesOut + send.Length);
            }
        }
    }

    /// <summary>Adds what another one has.</summary>
    public void Add(SessionTraffic other) => (PacketsIn, BytesIn, PacketsOut, BytesOut) =
        (PacketsIn + other.PacketsIn, BytesIn + other.BytesIn, PacketsOut + other.PacketsOut, BytesOut + other.BytesOut);
}
