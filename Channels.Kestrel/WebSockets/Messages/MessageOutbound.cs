using System.Net.WebSockets;

namespace Channels.Kestrel;

/// <summary>
/// Sends messages over somebody else's WebSocket, one part at a time; framing, compression and pings are its business.
/// Nothing is held back: there is no buffer of ours to fill.
/// </summary>
internal sealed class MessageOutbound(WebSocketConnection connection) : WebSocketOutbound(connection)
{
    private WebSocket? _socket;
    private WebSocketMessageType _type; // of the message whose parts are being sent

    protected override bool MayPump => !IsPumping && _socket is not null && !HasFailed;

    /// <summary>The connection is open: messages go to the socket from now on.</summary>
    public void Attach(WebSocket socket)
    {
        lock (this)
        {
            _socket = socket;
        }
    }

    /// <inheritdoc/>
    public override int TrySend(ReadOnlySpan<Event> events)
    {
        var taken = 0;
        while (taken < events.Length && events[taken] is WebSocketSend message && TrySend(message, mayWait: false, CancellationToken.None, out _))
        {
            taken++;
        }

        return taken;
    }

    /// <inheritdoc/>
    public override void Hold()
    {
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void Release() => _socket?.Dispose();

    protected override ValueTask SendAsync(Event message, CancellationToken cancellationToken) =>
        message is WebSocketSend send && TrySend(send, mayWait: true, cancellationToken, out var accepted) ? accepted : Connection.SendOther(message);

    protected override void Pump() => _ = PumpAsync(); // never fails; the connection hears of its end

    private bool TrySend(WebSocketSend message, bool mayWait, CancellationToken cancellationToken, out ValueTask accepted)
    {
        accepted = ValueTask.CompletedTask;
        bool pumps;
        lock (this)
        {
            var waiting = OutboundMessage.Plain(message.Kind, message.Payload);
            if (IsClosed || _socket is null)
            {
                return false;
            }

            if (!TryQueue(waiting))
            {
                if (!mayWait)
                {
                    return false;
                }

                Overflow(waiting, cancellationToken, out accepted);
            }

            NoteSent();
            pumps = MayPump;
            IsPumping |= pumps;
        }

        if (pumps)
        {
            Pump();
        }

        Runtime.Metrics.Sent(message.Kind, message.Payload.Length);
        return true;
    }

    private async Task PumpAsync()
    {
        try
        {
            while (TryTake(out var piece))
            {
                await WriteAsync(piece);
            }
        }
        catch (Exception error) when (IsTransportError(error))
        {
            Fail();
        }
    }

    private bool TryTake(out OutboundPiece piece)
    {
        piece = default;
        return Take(new Span<OutboundPiece>(ref piece), int.MaxValue, isFirst: true) > 0;
    }

    private ValueTask WriteAsync(in OutboundPiece piece)
    {
        var socket = _socket!; // MayPump
        if (!piece.IsFrame)
        {
            // No pings are sent by us: what is ready is the close frame.
            _ = CloseFrame.TryParse(piece.Bytes.Span[2..], out var code, out var reason);
            return new ValueTask(socket.CloseOutputAsync((WebSocketCloseStatus)code, code == WebSocketRules.NoCode ? null : reason, CancellationToken.None));
        }

        if ((piece.First & FrameWriting.OpcodeBits) is not (int)FrameOpcode.Continuation and var opcode)
        {
            _type = opcode == (int)FrameOpcode.Text ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        }

        return socket.SendAsync(piece.Bytes, _type, (piece.First & FrameWriting.Fin) != 0, CancellationToken.None);
    }
}
