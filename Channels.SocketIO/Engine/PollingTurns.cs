namespace Channels.SocketIO;

/// <summary>What holds for polling requests wherever they come in: one GET and one POST of a session at a time.</summary>
internal static class PollingTurns
{
    // What one turn takes, as of a WebSocket's frames: a client that sends as many packets as fit must not keep a thread from others.
    private const int MostPackets = 1000;
    private const int MostBytes = 64 * 1024;

    /// <summary>A GET has come.</summary>
    /// <returns>Why it is refused; null when it is not.</returns>
    public static EngineIOError? BeginPoll(EngineIOSession session, WaitingPoll poll)
    {
        if (session.FindObjection() is { } objection)
        {
            return objection;
        }

        if (session.Outbound.TryWait(poll))
        {
            return null;
        }

        session.Fail(DisconnectReason.TransportError, "a poll that came while another one waited");
        return EngineIOError.BadRequest;
    }

    /// <summary>A POST has come. Where it is not refused, <see cref="RequestTurns.EndPost"/> must follow.</summary>
    /// <returns>Why it is refused; null when it is not.</returns>
    public static EngineIOError? BeginPost(EngineIOSession session)
    {
        if (session.FindObjection() is { } objection)
        {
            return objection;
        }

        if (session.Turns.TryBeginPost())
        {
            return null;
        }

        session.Fail(DisconnectReason.TransportError, "a POST that came while another one was read");
        return EngineIOError.BadRequest;
    }

    /// <summary>Hands what a POST has brought to the session, packet by packet.</summary>
    /// <returns>False when something is no packet; those before it count.</returns>
    public static async Task<bool> HandAsync(EngineIOSession session, ReadOnlyMemory<byte> body, EngineIOMetrics metrics)
    {
        if (!PollingPayload.IsText(body.Span))
        {
            session.Fail(DisconnectReason.ParseError, "a body that holds no packets");
            return false;
        }

        var count = body.Span.Count(PollingPayload.Separator) + 1;
        metrics.PolledIn(count);
        if (session.Turns.IsTooFast(count, session.Runtime.Heartbeat.ReadNow()))
        {
            session.Fail(DisconnectReason.TransportError, "more packets in a second than a client may send");
            return false;
        }

        ReadOnlyMemory<byte>? rest = body;
        var (packets, unread) = (0, body.Length);
        while (rest is { Length: var left } && session.IsKnown)
        {
            if (packets++ == MostPackets || unread - left >= MostBytes)
            {
                await Task.Yield();
                (packets, unread) = (1, left);
            }

            if (!PollingPayload.TryTake(ref rest, out var packet))
            {
                session.Fail(DisconnectReason.ParseError, "a malformed packet");
                return false;
            }

            if (packet.IsText && packet.Data.Length < body.Length / 2)
            {
                packet = packet with { Data = packet.Data.ToArray() }; // what waits for the application keeps no more than it counts for
            }

            await session.ReceiveAsync(packet);
            if (packet.Type == EnginePacketType.Close)
            {
                return true;
            }
        }

        return session.IsKnown;
    }
}
