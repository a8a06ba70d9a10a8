using System.Globalization;

namespace Channels.SocketIO;

/// <summary>Serves WebSockets: those that open a session, and those that take one over from polling.</summary>
/// <param name="runtime">What all sessions share.</param>
internal sealed class WebSocketDoor(EngineIORuntime runtime)
{
    private const int Normal = 1000;
    private const int TooLong = 1009;

    public Task ServeAsync(WebSocketScope scope, Receive receive, Send send)
    {
        var query = EngineIOQuery.Parse(scope.QueryString);
        var link = new WebSocketLink(scope, send, query.BinaryAsText);
        return ReadAsync(BeginAsync(scope, query, link, receive), link, receive);
    }

    // The session that the WebSocket carries; null when it carries none.
    private async Task<EngineIOSession?> BeginAsync(WebSocketScope scope, EngineIOQuery query, WebSocketLink link, Receive receive)
    {
        if (await receive() is not WebSocketConnect)
        {
            return null;
        }

        if (query.SessionId is { } id)
        {
            return await TakeOverAsync(id, query, scope, link, receive);
        }

        if (FindObjection(query, known: false) is { } objection)
        {
            await DenyAsync(objection, link);
            return null;
        }

        return await OpenAsync(scope, link);
    }

    private EngineIOError? FindObjection(in EngineIOQuery query, bool known) =>
        query.Transport == EngineIOQuery.Polling ? EngineIOError.BadRequest
        : query.Transport != EngineIOQuery.WebSocket || !runtime.Options.AllowWebSocket ? EngineIOError.TransportUnknown
        : query.Version == EngineIOQuery.Revision ? null
        : known ? EngineIOError.BadRequest : EngineIOError.UnsupportedVersion;

    private async Task<EngineIOSession?> OpenAsync(WebSocketScope scope, WebSocketLink link)
    {
        if (await runtime.FindRefusalAsync(scope) is { } refusal)
        {
            await DenyAsync(refusal, link);
            return null;
        }

        if (!runtime.TryOpen(scope, link, out var session))
        {
            await DenyAsync(EngineIOError.TooManySessions, link);
            return null;
        }

        try
        {
            await AcceptAsync(link);
            await link.SendAsync(WebSocketSend.FromUtf8(runtime.Handshake(session)));
        }
        finally
        {
            session.Start(scope); // also for a client that has gone meanwhile: the session ends as any other
        }

        return session;
    }

    private async Task<EngineIOSession?> TakeOverAsync(string id, EngineIOQuery query, WebSocketScope scope, WebSocketLink link, Receive receive)
    {
        var session = runtime.Find(id);
        var objection = session is null ? EngineIOError.SessionUnknown
            : FindObjection(query, known: true) ?? (!session.BelongsTo(UserKey.Of(scope.User)) ? EngineIOError.Forbidden : !runtime.Options.AllowUpgrades ? EngineIOError.BadRequest : null);
        if (session is null || objection is not null)
        {
            await DenyAsync(objection!, link); // not null when there is no session
            return null;
        }

        await AcceptAsync(link);
        if (!session.TryBeginUpgrade(link))
        {
            link.Close(Normal); // clients take a refused handshake for a fault of the network
            await WaitForEndAsync(receive);
            return null;
        }

        if (!await ProbeAsync(session, link, receive))
        {
            session.EndUpgrade(link);
            return null;
        }

        return session;
    }

    // Up to the packet with which the client changes over; false when it does not.
    private static async Task<bool> ProbeAsync(EngineIOSession session, WebSocketLink link, Receive receive)
    {
        while (await receive() is WebSocketReceive message)
        {
            if (message.IsText && EnginePacket.TryParse(message.Payload, out var packet))
            {
                if (packet is { Type: EnginePacketType.Ping, IsProbe: true })
                {
                    await link.SendAsync(WebSocketSend.FromText("3probe"));
                    session.OnProbe(link);
                    continue;
                }

                if (packet.Type == EnginePacketType.Upgrade && session.TryUpgrade(link))
                {
                    return true;
                }
            }

            session.EndUpgrade(link);
            link.Close(Normal);
            await WaitForEndAsync(receive);
            return false;
        }

        return false;
    }

    // The only method here that waits for as long as the session lives: each would be a frame kept per idle client.
    private async Task ReadAsync(Task<EngineIOSession?> beginning, WebSocketLink link, Receive receive)
    {
        var session = await beginning;
        if (session is null)
        {
            return;
        }

        beginning = null!; // it, and the scope with it, is not kept beside the session's own
        while (await receive() is WebSocketReceive message)
        {
            if (message.Payload.Length > runtime.Options.MaxPayload)
            {
                link.Close(TooLong);
            }
            else if (!message.IsText)
            {
                await WaitForRoomAsync(session.ReceiveAsync(EnginePacket.FromBinary(message.Payload)), link);
            }
            else if (EnginePacket.TryParse(message.Payload, out var packet))
            {
                await WaitForRoomAsync(session.ReceiveAsync(packet), link);
            }
            else
            {
                session.Fail(DisconnectReason.ParseError, "a malformed packet");
            }
        }

        session.OnLinkLost(link);
        await session.Running;
    }

    // While the WebSocket lasts: that it is gone stands behind what is not read, and the application may wait for it.
    private static async ValueTask WaitForRoomAsync(Task room, WebSocketLink link) => await room.WaitAsync(link.Aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static async Task WaitForEndAsync(Receive receive)
    {
        while (await receive() is not WebSocketDisconnect)
        {
        }
    }

    private ValueTask AcceptAsync(WebSocketLink link) => link.SendAsync(new WebSocketAccept { MaxMessageBytes = runtime.Options.MaxPayload, HasHeartbeat = true });

    private static async Task DenyAsync(EngineIOError error, WebSocketLink link)
    {
        var body = error.ToJson();
        await link.SendAsync(new WebSocketDenialStart(error.Status, new HeaderList
        {
            { "content-type", "application/json" }, { "content-length", body.Length.ToString(CultureInfo.InvariantCulture) },
        }));
        await link.SendAsync(new WebSocketDenialBody(body));
    }
}
