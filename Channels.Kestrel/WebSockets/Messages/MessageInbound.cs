using System.Buffers;
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
    // What one receive takes at most. Not a byte of an unfinished message is in use while one waits, so that it can be dropped.
    private const int Step = 4096;

    // What the network has split a frame into is longer: a shorter part is a frame of its own.
    private const int SmallPart = 128;

    // As for frames of ours: a peer that sends as fast as it can must not keep a thread from others.
    private const int MostParts = 1000;
    private const int MostBytes = 64 * 1024;

    private readonly CancellationTokenSource _stop = new();
    private readonly MessageBuffer _parts = new(connection); // under its own lock
    private int _partsOfTurn;
    private int _bytesOfTurn;
    private WebSocket? _socket;
    private long _mostBytes;
    private TaskCompletionSource? _room; // there while reading pauses
    private long _messageSince;
    private volatile bool _faulted;

    /// <inheritdoc/>
    public override long MessageSince => Volatile.Read(ref _messageSince);

    /// <inheritdoc/>
    public override bool ShowsPongs => false;

    /// <summary>The handshake is complete: this is where the peer's messages come from.</summary>
    /// <param name="socket">The host's socket.</param>
    /// <param name="most">The longest message that the application wants; null for the server's limit.</param>
    public void Attach(WebSocket socket, long? most) => (_socket, _mostBytes) = (socket, MostMessageBytes(most));

    protected override void StartReading() => _ = ReadAllAsync(); // never fails; the connection hears of its end

    protected override void StopReading()
    {
        _socket?.Abort();
        _ = _stop.CancelAsync(); // on another thread: what was waiting goes on there
    }

    protected override void LetGo() => Drop();

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

        Drop();
        Connection.Closing.OnInputFinished();
        DeliverLater();
    }

    // False when the peer has said its last word.
    private async ValueTask<bool> ReadMessageAsync(WebSocket socket)
    {
        var part = await socket.ReceiveAsync(Memory<byte>.Empty, _stop.Token); // no memory is held while nothing comes
        await TakeTurnAsync(part.Count);
        NoteInput();
        Volatile.Write(ref _messageSince, Math.Max(1, LastInput));
        if (!part.EndOfMessage && part.MessageType != WebSocketMessageType.Close)
        {
            part = await ReadPartsAsync(socket);
        }

        Volatile.Write(ref _messageSince, 0);
        if (part.MessageType == WebSocketMessageType.Close)
        {
            EndWith(socket.CloseStatus, socket.CloseStatusDescription ?? "");
            return false;
        }

        CountFrame();
        if (TakeMessage(part.MessageType == WebSocketMessageType.Text ? WebSocketMessageKind.Text : WebSocketMessageKind.Binary))
        {
            await PauseAsync();
        }

        return true;
    }

    // Up to the message's end, or a close that came instead of it.
    private async ValueTask<ValueWebSocketReceiveResult> ReadPartsAsync(WebSocket socket)
    {
        var octets = ArrayPool<byte>.Shared.Rent(Step);
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(octets.AsMemory(0, Step), _stop.Token);
            await TakeTurnAsync(part.Count);
            NoteInput();
            if (part.Count < SmallPart && !part.EndOfMessage)
            {
                CountFrame();
            }

            Keep(octets.AsSpan(0, part.Count));
        }
        while (!part.EndOfMessage && part.MessageType != WebSocketMessageType.Close);

        ArrayPool<byte>.Shared.Return(octets); // not after a failure: a receive that was given up may still write
        return part;
    }

    // What a socket has at hand comes without a wait, and may never end.
    private async ValueTask TakeTurnAsync(int bytes)
    {
        _bytesOfTurn += bytes;
        if (++_partsOfTurn >= MostParts || _bytesOfTurn >= MostBytes)
        {
            (_partsOfTurn, _bytesOfTurn) = (0, 0);
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // to the pool: an application's context is not ours
        }
    }

    private void CountFrame()
    {
        if (Runtime.Options.MaxFramesPerSecond > 0 && IsTooFast())
        {
            Fail(WebSocketFault.TooManyFrames);
        }
    }

    private void Keep(ReadOnlySpan<byte> octets)
    {
        var fault = default(WebSocketFault);
        lock (_parts)
        {
            while (!octets.IsEmpty && !_faulted && !IsShedding && fault is null)
            {
                var room = _parts.GetRoom(octets.Length);
                room = room[..Math.Min(room.Length, octets.Length)];
                octets[..room.Length].CopyTo(room);
                _parts.Advance(room.Length);
                octets = octets[room.Length..];
                fault = room.IsEmpty ? WebSocketFault.Overloaded
                    : _mostBytes > 0 && _parts.Length > _mostBytes ? WebSocketFault.MessageTooLong
                    : null;
            }
        }

        if (fault is not null)
        {
            Fail(fault);
        }
    }

    private void Drop()
    {
        lock (_parts)
        {
            _parts.Release();
        }
    }

    // True when the application has enough now.
    private bool TakeMessage(WebSocketMessageKind kind)
    {
        byte[] message;
        lock (_parts)
        {
            if (_faulted || IsShedding)
            {
                return false;
            }

            message = _parts.Detach();
        }

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
        Pause(unread: 0); // the socket does not show it
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
            Drop();
            Volatile.Write(ref _messageSince, 0);
            Connection.Closing.OnFault(fault);
            DeliverLater(); // the message at hand may never end
        }
    }
}
