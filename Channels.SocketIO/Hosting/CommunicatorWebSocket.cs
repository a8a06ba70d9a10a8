using System.Threading.Channels;

namespace Channels.SocketIO;

/// <summary>A session over one WebSocket.</summary>
/// <param name="application">What is tested.</param>
internal sealed class CommunicatorWebSocket(Application application) : CommunicatorTransport
{
    private const int Gone = 1006;

    private readonly Channel<Event> _input = Channel.CreateUnbounded<Event>();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    public override async Task OpenAsync()
    {
        _input.Writer.TryWrite(WebSocketConnect.Instance);
        _running = RunAsync(new WebSocketScope { Path = Path, QueryString = $"EIO=4&transport=websocket{QueryString}", Headers = Headers, Services = Services, User = User });
        await _opened.Task;
    }

    public override Task SendAsync(EngineIOSend message)
    {
        foreach (var frame in message.GetFrames(binaryAsText: false))
        {
            var send = (WebSocketSend)frame;
            _input.Writer.TryWrite(new WebSocketReceive(send.Kind, send.Payload));
        }

        return Task.CompletedTask;
    }

    public override Task DropAsync()
    {
        _input.Writer.TryWrite(new WebSocketDisconnect(Gone));
        return _running;
    }

    private async Task RunAsync(Scope scope)
    {
        var failure = default(Exception);
        try
        {
            await application(scope, token => _input.Reader.ReadAsync(token), TakeAsync);
        }
#pragma warning disable CA1031 // whatever the application throws is told to the test
        catch (Exception error)
#pragma warning restore CA1031
        {
            failure = error;
        }

        End(failure);
        _opened.TrySetException(failure ?? new InvalidOperationException("The application has ended without a session."));
    }

    private ValueTask TakeAsync(Event message, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case WebSocketSend { IsText: true } send when EnginePacket.TryParse(send.Payload, out var packet):
                if (packet.Type == EnginePacketType.Open)
                {
                    _opened.TrySetResult();
                }
                else if (Take(packet) is { } answer)
                {
                    _input.Writer.TryWrite(WebSocketReceive.FromText($"{(int)answer}"));
                }

                break;
            case WebSocketSend send:
                Take(EnginePacket.FromBinary(send.Payload));
                break;
            case WebSocketClose close:
                End(null);
                _input.Writer.TryWrite(new WebSocketDisconnect(close.Code));
                break;
            case WebSocketDenialStart denial:
                _opened.TrySetException(new InvalidOperationException($"The handshake was refused with the status {denial.Status}."));
                break;
        }

        return ValueTask.CompletedTask;
    }
}
