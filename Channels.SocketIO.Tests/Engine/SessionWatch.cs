using System.Threading.Channels;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>Echoes, and tells what else its sessions hear: how each ends, and when it moves to a WebSocket.</summary>
internal sealed class SessionWatch
{
    private readonly Channel<Event> _news = Channel.CreateUnbounded<Event>();
    private int _ended;

    /// <summary>The newest session's scope.</summary>
    public EngineIOScope? Scope { get; private set; }

    /// <summary>The newest session's way to send.</summary>
    public Send? Send { get; private set; }

    /// <summary>How many sessions have ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    public async Task RunAsync(Scope scope, Receive receive, Send send)
    {
        (Send, Scope) = (send, (EngineIOScope)scope); // in this order: with the scope comes the way to send
        while (true)
        {
            switch (await receive())
            {
                case EngineIOMessage message:
                    await EchoAsync(message, send);
                    break;
                case EngineIODisconnect end:
                    Interlocked.Increment(ref _ended);
                    _news.Writer.TryWrite(end);
                    return;
                case var other:
                    _news.Writer.TryWrite(other);
                    break;
            }
        }
    }

    private static async Task EchoAsync(EngineIOMessage message, Send send)
    {
        try
        {
            await send(message.IsText ? EngineIOSend.FromUtf8(message.Payload.Span) : EngineIOSend.FromBinary(message.Payload));
        }
        catch (ConnectionClosedException)
        {
            // The reason is still to come.
        }
    }

    /// <summary>The newest session's client has a poll waiting at the server.</summary>
    public Task PollingAsync() => Eventually.Is(() => Scope?.Session is { } session && !session.Outbound.IsBusy);

    /// <summary>Why the next session has ended.</summary>
    public async Task<string> ReasonAsync() => ((EngineIODisconnect)await NextAsync()).Reason;

    /// <summary>The next thing that is no message.</summary>
    public Task<Event> NextAsync() => _news.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience);
}
