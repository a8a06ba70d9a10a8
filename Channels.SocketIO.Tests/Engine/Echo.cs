using Channels.SocketIO;

namespace Channels.Tests.Engine;

/// <summary>The application that the suites expect: each message comes back as what it was.</summary>
internal static class Echo
{
    public static async Task RunAsync(Scope scope, Receive receive, Send send)
    {
        while (true)
        {
            switch (await receive())
            {
                case EngineIOMessage { IsText: true } message:
                    await send(EngineIOSend.FromUtf8(message.Payload.Span));
                    break;
                case EngineIOMessage message:
                    await send(EngineIOSend.FromBinary(message.Payload));
                    break;
                case EngineIODisconnect:
                    return;
            }
        }
    }
}
