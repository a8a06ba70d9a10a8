namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>Small applications to talk to.</summary>
internal static class Applications
{
    /// <summary>Accepts, and sends every message back as it came.</summary>
    public static async Task Echo(Scope scope, Receive receive, Send send)
    {
        while (true)
        {
            switch (await receive())
            {
                case WebSocketConnect:
                    await send(new WebSocketAccept());
                    break;
                case WebSocketReceive message:
                    await send(new WebSocketSend(message.Kind, message.Payload));
                    break;
                case WebSocketDisconnect:
                    return;
            }
        }
    }

    /// <summary>As <see cref="Echo"/>, and reports every event.</summary>
    public static Application Recording(EventLog log) => async (scope, receive, send) =>
    {
        while (true)
        {
            var message = await receive();
            log.Add(message);
            switch (message)
            {
                case WebSocketConnect:
                    await send(new WebSocketAccept());
                    break;
                case WebSocketReceive got:
                    await send(new WebSocketSend(got.Kind, got.Payload));
                    break;
                case WebSocketDisconnect:
                    return;
            }
        }
    };
}
