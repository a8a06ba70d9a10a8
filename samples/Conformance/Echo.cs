using Channels;

namespace Conformance;

/// <summary>An application without any class around it: the fastest plain form.</summary>
internal static class Echo
{
    public static async Task RunAsync(Scope scope, Receive receive, Send send)
    {
        await receive(); // websocket.connect
        await send(new WebSocketAccept());
        while (await receive() is WebSocketReceive message)
        {
            await send(new WebSocketSend(message.Kind, message.Payload));
        }
    }
}
