using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Channels.Kestrel;

/// <summary>
/// Writes frames to a transport's pipe. While nothing is being written they go straight into the pipe's buffer, which
/// leaves at once on the sender's thread, or with <see cref="Flush"/>; what comes while a write is under way is queued
/// and leaves together in the next one. Sending a shared frame allocates nothing.
/// </summary>
internal sealed class FrameOutbound : WebSocketOutbound, IThreadPoolWorkItem
{
    // What one write carries at most, so that pongs get in between; also while output is held back.
    private const int TurnBytes = 64 * 1024;

    // After so many turns a sender's thread has done enough for others.
    private const int MostTurns = 4;

    private readonly WebSocketFrameEncoder? _encoder; // null when payloads go out as they are
    private Action? _flushed; // made at the first write that has to wait: most never do
    private PipeWriter? _output;
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _flush;
    private int _buffered; // octets in the pipe's buffer that are still to be flushed
    private int _turn; // octets of the last turn
    private volatile int _inTransport;
    private MemoryShare _counted; // of what is in the transport; whoever pumps owns it
    private bool _held;
    private bool _released;

    /// <param name="connection">The connection.</param>
    /// <param name="deflate">What compression was agreed on; null for none.</param>
    public FrameOutbound(WebSocketConnection connection, DeflateTerms? deflate)
        : base(connection) => _encoder = deflate switch
        {
            null => null,
            { ServerKeepsWindow: true } => new WindowDeflateEncoder(Runtime.Plain, Runtime.Options.CompressionMinBytes),
            _ => Runtime.Deflating,
        };

    /// <inheritdoc/>
    public override object? NeededNext => _output;

    protected override long InTransport => _inTransport;

    protected override bool MayPump => !IsPumping && _output is not null && !HasFailed;

    private bool IsHeldBack => _held && _buffered + QueuedBytes < TurnBytes;

    /// <summary>The connection is open: messages go to the transport from now on.</summary>
    public void Attach(PipeWriter output)
    {
        lock (this)
        {
            _output = output;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Where the peer's window is kept, what a message is encoded to depends on those before, so none is taken past the application.</remarks>
    public override int TrySend(ReadOnlySpan<Event> events)
    {
        var count = _encoder is WindowDeflateEncoder ? 0 : Encode(events);
        var taken = 0;
        bool pumps;
        lock (this)
        {
            while (!IsClosed && _output is not null && taken < count && TryAdd(OutboundMessage.Of((WebSocketSend)events[taken], _encoder)))
            {
                taken++;
            }

            if (taken > 0)
            {
                NoteSent();
            }

            pumps = taken > 0 && MayPump && !IsHeldBack;
            IsPumping |= pumps;
        }

        if (pumps)
        {
            Pump();
        }

        foreach (var message in events[..taken])
        {
            var sent = (WebSocketSend)message;
            Runtime.Metrics.Sent(sent.Kind, sent.Payload.Length);
        }

        return taken;
    }

    /// <inheritdoc/>
    public override void Hold() => Volatile.Write(ref _held, true);

    /// <inheritdoc/>
    public override void Flush()
    {
        lock (this)
        {
            _held = false;
            if (!MayPump || (IsQueueEmpty && _buffered == 0))
            {
                return;
            }

            IsPumping = true;
        }

        Pump();
    }

    /// <inheritdoc/>
    public override void Release()
    {
        if (_encoder is WindowDeflateEncoder window)
        {
            lock (window)
            {
                _released = true;
                window.Dispose();
            }
        }
    }

    void IThreadPoolWorkItem.Execute() => Pump();

    protected override ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        if (message is not WebSocketSend send || _output is null)
        {
            return Connection.SendOther(message);
        }

        ValueTask accepted;
        var taken = _encoder is WindowDeflateEncoder window
            ? SendInOrder(window, send, out accepted)
            : TrySend(OutboundMessage.Of(send, _encoder), cancellationToken, out accepted);
        if (!taken)
        {
            return Connection.SendOther(message);
        }

        Runtime.Metrics.Sent(send.Kind, send.Payload.Length);
        return accepted;
    }

    protected override void Pump()
    {
        try
        {
            for (var turn = 0; turn < MostTurns; turn++)
            {
                if (!Fill() || !Write())
                {
                    return;
                }
            }
        }
        catch (Exception error) when (IsTransportError(error))
        {
            Fail();
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    // How many of the events are messages, up to the first that is none. Encoded before the lock is taken: the first
    // socket does it for all, and it takes its time.
    private int Encode(ReadOnlySpan<Event> events)
    {
        for (var i = 0; i < events.Length; i++)
        {
            if (events[i] is not WebSocketSend message)
            {
                return i;
            }

            if (_encoder is not null)
            {
                message.GetFrame(_encoder);
            }
        }

        return events.Length;
    }

    // What is encoded must also leave, and in this order: later messages refer to it. So no cancellation either.
    private bool SendInOrder(WindowDeflateEncoder window, WebSocketSend message, out ValueTask accepted)
    {
        lock (window)
        {
            accepted = ValueTask.CompletedTask;
            return !_released && TrySend(OutboundMessage.Framed(window.Encode(message)), CancellationToken.None, out accepted);
        }
    }

    // False when nothing is taken any more.
    private bool TrySend(in OutboundMessage message, CancellationToken cancellationToken, out ValueTask accepted)
    {
        accepted = ValueTask.CompletedTask;
        while (true)
        {
            bool taken;
            lock (this)
            {
                if (IsClosed)
                {
                    return false;
                }

                NoteSent();
                taken = TryAdd(message);
                if (!MayPump || (taken && IsHeldBack))
                {
                    if (!taken)
                    {
                        Overflow(message, cancellationToken, out accepted);
                    }

                    return true;
                }

                IsPumping = true;
            }

            Pump();
            if (taken)
            {
                return true;
            }
        }
    }

    // Inside the lock. Into the pipe's buffer when nothing waits and nothing is being written, else into the queue.
    private bool TryAdd(in OutboundMessage message) =>
        (MayPump && IsQueueEmpty && !message.IsLong && _buffered + message.Length <= TurnBytes && TryBuffer(message.ToPiece())) || TryQueue(message);

    private bool TryBuffer(in OutboundPiece piece)
    {
        try
        {
            piece.WriteTo(_output!); // MayPump
            _buffered += piece.MaxLength;
            return true;
        }
        catch (Exception error) when (IsTransportError(error))
        {
            return false; // the pump meets the error again, and there it can be reported
        }
    }

    // False when the write goes on by itself or has found the peer gone.
    private bool Write()
    {
        _flush = _output!.FlushAsync(CancellationToken.None).ConfigureAwait(false).GetAwaiter();
        if (!_flush.IsCompleted)
        {
            _counted.Set(_turn, Connection); // the transport is full
            _inTransport = _turn;
            _flush.UnsafeOnCompleted(_flushed ??= OnFlushed);
            return false;
        }

        if (IsGone(_flush.GetResult()))
        {
            Fail();
            return false;
        }

        return true;
    }

    private void OnFlushed()
    {
        _counted.Set(0, Connection);
        _inTransport = 0;
        try
        {
            if (IsGone(_flush.GetResult()))
            {
                Fail();
                return;
            }
        }
        catch (Exception error) when (IsTransportError(error))
        {
            Fail();
            return;
        }

        Pump();
    }

    // Copies waiting messages into the transport's buffer; false when there was nothing left to do. What is in the
    // buffer already leaves first, without another look at the queue: most often that is all there is.
    private bool Fill()
    {
        if (_buffered > 0)
        {
            (_turn, _buffered) = (_buffered, 0);
            return true;
        }

        var batch = default(OutboundBatch);
        var copied = 0;
        while (copied < TurnBytes)
        {
            var count = Take(batch, TurnBytes - copied, isFirst: copied == 0);
            foreach (ref readonly var piece in ((ReadOnlySpan<OutboundPiece>)batch)[..count])
            {
                piece.WriteTo(_output!); // Attach came before the first pump
                copied += piece.MaxLength;
            }

            if (count < OutboundBatch.Size)
            {
                break;
            }
        }

        _turn = copied;
        return copied > 0;
    }

    private static bool IsGone(FlushResult result) => result.IsCompleted || result.IsCanceled;
}
