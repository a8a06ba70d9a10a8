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
        for (var turn = 0; turn < MostTurns; turn++)
        {
            try
            {
                if (!Fill())
                {
                    return;
                }

                _flush = _output!.FlushAsync(CancellationToken.None).ConfigureAwait(false).GetAwaiter(); // Attach came before the first pump
                if (!_flush.IsCompleted)
                {
                    _flush.UnsafeOnCompleted(_flushed ??= OnFlushed);
                    return;
                }

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
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
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

    // Copies waiting frames into the transport's buffer; false when there was nothing left to do.
    private bool Fill()
    {
        var copied = 0;
        while (copied < TurnBytes && TryTake(isFirst: copied == 0, out var frames))
        {
            _output!.Write(frames.Span); // Attach came before the first pump
            copied += frames.Length;
        }

        return copied > 0;
    }

    private bool TryTake(bool isFirst, out ReadOnlyMemory<byte> frames)
    {
        bool finished;
        lock (_gate)
        {
            if (_frames.TryTake(out frames) || !isFirst)
            {
                return !frames.IsEmpty;
            }

            _pumping = _dropping = false;
            finished = _closed && !_finished;
            _finished |= finished;
        }

        if (finished)
        {
            _owner.OnOutputFinished();
        }

        return false;
    }

    private static bool IsGone(FlushResult result) => result.IsCompleted || result.IsCanceled;

    // A pipe that the transport has completed throws InvalidOperationException, a broken stream an IOException.
    private static bool IsTransportError(Exception error) =>
        error is IOException or InvalidOperationException or OperationCanceledException;

    private void Fail()
    {
        bool finished;
        lock (_gate)
        {
            _closed = _failed = true;
            _pumping = false;
            _frames.Clear();
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
