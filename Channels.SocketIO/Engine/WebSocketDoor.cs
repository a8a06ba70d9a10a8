using System.Globalization;

namespace Channels.SocketIO;

/// <summary>Serves WebSockets: those that open a session, and those that take one over from polling.</summary>
/// <param name="runtime">What all sessions share.</param>
internal sealed class WebSocketDoor(EngineIORuntime runtime)
{
    private const int Normal = 1000;
    private const int TooLong = 1009;

    public async Task ServeAsync(WebSocketScope scope, Receive receive, Send send)
    {
        if (await receive() is not WebSocketConnect)
        {
            return;
        }

        var query = EngineIOQuery.Parse(scope.QueryString);
        var link = new WebSocketLink(scope, send, query.BinaryAsText);
        if (query.SessionId is { } id)
        {
            await TakeOverAsync(id, query, scope, link, receive);
        }
        else if (FindObjection(query, known: false) is { } objection)
        {
            await DenyAsync(objection, link);
        }
        else
        {
            await OpenAsync(scope, link, receive);
        }
    }

    private EngineIOError? FindObjection(in EngineIOQuery query, bool known) =>
        query.Transport == EngineIOQuery.Polling ? EngineIOError.BadRequest
        : query.Transport != EngineIOQuery.WebSocket || !runtime.Options.AllowWebSocket ? EngineIOError.TransportUnknown
        : query.Version == EngineIOQuery.Revision ? null
        : known ? EngineIOError.BadRequest : EngineIOError.UnsupportedVersion;

    private async Task OpenAsync(WebSocketScope scope, WebSocketLink link, Receive receive)
    {
        if (await runtime.FindRefusalAsync(scope) is { } refusal)
        {
            await DenyAsync(refusal, link);
            return;
        }

        if (!runtime.TryOpen(scope, link, out var session))
        {
            await DenyAsync(EngineIOError.TooManySessions, link);
            return;
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

        await ReadAsync(session, link, receive);
        await session.Running;
    }

    private async Task TakeOverAsync(string id, EngineIOQuery query, WebSocketScope scope, WebSocketLink link, Receive receive)
    {
        var session = runtime.Find(id);
        var objection = session is null ? EngineIOError.SessionUnknown
            : FindObjection(query, known: true) ?? (!session.BelongsTo(UserKey.Of(scope.User)) ? EngineIOError.Forbidden : !runtime.Options.AllowUpgrades ? EngineIOError.BadRequest : null);
        if (session is null || objection is not null)
        {
            await DenyAsync(objection!, link); // not null when there is no session
            return;
        }

        await AcceptAsync(link);
        if (!session.TryBeginUpgrade(link))
        {
            link.Close(Normal); // clients take a refused handshake for a fault of the network
            await WaitForEndAsync(receive);
            return;
        }

        if (!await ProbeAsync(session, link, receive))
        {
            session.EndUpgrade(link);
            return;
        }

        await ReadAsync(session, link, receive);
        await session.Running;
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

    private async Task ReadAsync(EngineIOSession session, WebSocketLink link, Receive receive)
    {
        while (await receive() is WebSocketReceive message)
        {
            if (message.Payload.Length > runtime.Options.MaxPayload)
            {
                link.Close(TooLong);
            }
            else if (!message.IsText)
            {
                await session.ReceiveAsync(EnginePacket.FromBinary(message.Payload));
            }
            else if (EnginePacket.TryParse(message.Payload, out var packet))
            {
                await session.ReceiveAsync(packet);
            }
            else
            {
                session.Fail(DisconnectReason.ParseError, "a malformed packet");
            }
        }

        session.OnLinkLost(link);
    }

    private static async Task WaitForEndAsync(Receive receive)
    {
        while (await receive() is not WebSocketDisconnect)
        {
        }
    }

    private ValueTask AcceptAsync(WebSocketLink link) => link.SendAsync(new WebSocketAccept { MaxMessageBytes = runtime.Options.MaxPayload });

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
