using System.Buffers;
using System.IO.Pipelines;

namespace Channels.Kestrel;

// What carries frames from the queue to the transport: one caller at a time, whoever has set _pumping.
internal sealed partial class ConnectionWriter : IThreadPoolWorkItem
{
    // What one write carries at most, so that pongs get in between; also when a cork is ignored.
    private const int TurnBytes = 64 * 1024;

    // After so many turns a sender's thread has done enough for others.
    private const int MostTurns = 4;

    void IThreadPoolWorkItem.Execute() => Pump();

    private void Pump()
    {
        try
        {
            for (var turn = 0; turn < MostTurns; turn++)
            {
                if (!Fill() || !Flush())
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

    // False when the flush goes on by itself or has found the peer gone.
    private bool Flush()
    {
        _flush = _output!.FlushAsync(CancellationToken.None).ConfigureAwait(false).GetAwaiter();
        if (!_flush.IsCompleted)
        {
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
            _buffered = 0;
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

        return copied > 0;
    }

    // Takes pieces until the batch or the turn is full. None at all the first time: this pump's work is done.
    private int Take(Span<OutboundPiece> batch, int room, bool isFirst)
    {
        bool finished;
        var count = 0;
        lock (this)
        {
            while (count < batch.Length && room > 0 && _frames is not null && _frames.TryTake(out batch[count]))
            {
                room -= batch[count++].MaxLength;
            }

            if (count > 0 || !isFirst)
            {
                return count;
            }

            _pumping = _dropping = false;
            finished = _closed && !_finished;
            _finished |= finished;
        }

        if (finished)
        {
            _owner.OnOutputFinished();
        }

        return 0;
    }

    private static bool IsGone(FlushResult result) => result.IsCompleted || result.IsCanceled;

    // A pipe that the transport has completed throws InvalidOperationException, a broken stream an IOException.
    private static bool IsTransportError(Exception error) =>
        error is IOException or InvalidOperationException or OperationCanceledException;

    private void Fail()
    {
        bool finished;
        lock (this)
        {
            _closed = _failed = true;
            _pumping = false;
            _frames?.Clear();
            finished = !_finished;
            _finished = true;
        }

        _owner.OnOutputFailed();
        if (finished)
        {
            _owner.OnOutputFinished();
        }
    }
}
