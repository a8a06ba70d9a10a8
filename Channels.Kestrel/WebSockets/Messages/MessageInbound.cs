using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;

namespace Channels.Kestrel;

/// <summary>
/// Reads messages from somebody else's WebSocket, with the same limits and answers as frames of our own; pings and the
/// breaches of framing are its business.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without timer or wait handle holds nothing to release.")]
internal sealed class MessageInbound(WebSocketConnection connection) : WebSocketInbound(connection)
{
    private const int Step = 4096;

    private readonly CancellationTokenSource _stop = new();
    private readonly MessageBuffer _parts = new(connection);
    private WebSocket? _socket;
    private TaskCompletionSource? _room; // there while reading pauses
    private long _messageSince;
    private bool _faulted;

    /// <inheritdoc/>
    public override long MessageSince => Volatile.Read(ref _messageSince);

    /// <inheritdoc/>
    public override bool ShowsPongs => false;

    /// <summary>The handshake is complete: this is where the peer's messages come from.</summary>
    public void Attach(WebSocket socket) => _socket = socket;

    protected override void StartReading() => _ = ReadAllAsync(); // never fails; the connection hears of its end

    protected override void StopReading()
    {
        _socket?.Abort();
        _ = _stop.CancelAsync(); // on another thread: what was waiting goes on there
    }

    protected override void ReadOn() => Volatile.Read(ref _room)?.TrySetResult();

    private async Task ReadAllAsync()
    {
        try
        {
            while (!IsStopping && await ReadMessageAsync(_socket!)) // attached before the start
            {
                DeliverLater();
            }
        }
        catch (Exception error) when (error is WebSocketException or IOException or InvalidOperationException or OperationCanceledException)
        {
            Connection.Closing.Lose();
        }

        _parts.Release();
        Connection.Closing.OnInputFinished();
        DeliverLater();
    }

    // False when the peer has said its last word.
    private async ValueTask<bool> ReadMessageAsync(WebSocket socket)
    {
        var part = await socket.ReceiveAsync(Memory<byte>.Empty, _stop.Token); // no memory is held while nothing comes
        NoteInput();
        Volatile.Write(ref _messageSince, Math.Max(1, LastInput));
        while (!part.EndOfMessage && part.MessageType != WebSocketMessageType.Close)
        {
            if (_parts.GetRoom(Step).IsEmpty)
            {
                Fail(WebSocketFault.Overloaded);
                Connection.Closing.OnDrained(); // there is no memory for its farewell either
                return false;
            }

            part = await socket.ReceiveAsync(_parts.GetMemory(Step), _stop.Token);
            NoteInput();
            _parts.Advance(_faulted ? 0 : part.Count);
            if (Runtime.Options.MaxMessageBytes > 0 && _parts.Length > Runtime.Options.MaxMessageBytes)
            {
                Fail(WebSocketFault.MessageTooLong);
            }
        }

        Volatile.Write(ref _messageSince, 0);
        if (part.MessageType == WebSocketMessageType.Close)
        {
            EndWith(socket.CloseStatus, socket.CloseStatusDescription ?? "");
            return false;
        }

        if (Runtime.Options.MaxFramesPerSecond > 0 && IsTooFast())
        {
            Fail(WebSocketFault.TooManyFrames);
        }

        if (_faulted)
        {
            _parts.Release();
        }
        else if (TakeMessage(part.MessageType == WebSocketMessageType.Text ? WebSocketMessageKind.Text : WebSocketMessageKind.Binary))
        {
            await PauseAsync();
        }

        return true;
    }

    // True when the application has enough now.
    private bool TakeMessage(WebSocketMessageKind kind)
    {
        var message = _parts.Detach();
        if (kind == WebSocketMessageKind.Text && TextCheck.ValidPrefix(message) != message.Length)
        {
            Fail(WebSocketFault.NotText);
            return false;
        }

        return Add(kind, message);
    }

    private Task PauseAsync()
    {
        DeliverLater();
        var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _room, room);
        Pause();
        return room.Task;
    }

    private void EndWith(WebSocketCloseStatus? status, string reason)
    {
        var code = (int)(status ?? WebSocketCloseStatus.Empty);
        if (_faulted)
        {
            Connection.Closing.OnDrained();
        }
        else if (code != WebSocketRules.NoCode && !WebSocketRules.IsCloseCode(code))
        {
            Fail(WebSocketFault.BadCloseCode);
            Connection.Closing.OnDrained();
        }
        else
        {
            Connection.Closing.OnPeerClose(code, reason);
        }
    }

    // The rest is read and thrown away up to the peer's close.
    private void Fail(WebSocketFault fault)
    {
        if (!_faulted)
        {
            _faulted = true;
            _parts.Release();
            Volatile.Write(ref _messageSince, 0);
            Connection.Closing.OnFault(fault);
        }
    }
}
