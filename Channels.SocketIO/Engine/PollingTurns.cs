namespace Channels.SocketIO;

/// <summary>What holds for polling requests wherever they come in: one GET and one POST of a session at a time.</summary>
internal static class PollingTurns
{
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

        ReadOnlyMemory<byte>? rest = body;
        metrics.PolledIn(body.Span.Count(PollingPayload.Separator) + 1);
        while (rest is not null)
        {
            if (!PollingPayload.TryTake(ref rest, out var packet))
            {
                session.Fail(DisconnectReason.ParseError, "a malformed packet");
                return false;
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
