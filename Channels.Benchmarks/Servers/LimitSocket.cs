using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Channels.Benchmarks;

/// <summary>Frames waiting for one socket; all of them leave in one flush.</summary>
internal sealed class LimitSocket
{
    private readonly Lock _lock = new();
    private readonly PipeWriter _output;
    private readonly Action _continue;
    private List<byte[]> _queued = [];
    private List<byte[]> _writing = [];
    private ValueTaskAwaiter<FlushResult> _flush;
    private TaskCompletionSource? _drained;
    private bool _draining;
    private bool _ended;

    internal LimitSocket(PipeWriter output)
    {
        _output = output;
        _continue = Continue;
    }

    /// <returns>True when the caller has to call <see cref="Drain"/>.</returns>
    internal bool Enqueue(byte[] frame)
    {
        lock (_lock)
        {
            if (_ended) return false;
            _queued.Add(frame);
            if (_draining) return false;
            return _draining = true;
        }
    }

    /// <summary>Takes no more, and waits for the write that is under way: what it writes to is about to go.</summary>
    internal Task EndAsync()
    {
        lock (_lock)
        {
            _ended = true;
            if (!_draining) return Task.CompletedTask;
            _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    internal void Drain()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_ended || _queued.Count == 0)
                {
                    Stop();
                    return;
                }

                (_queued, _writing) = (_writing, _queued);
            }

            foreach (var frame in _writing)
            {
                frame.CopyTo(_output.GetSpan(frame.Length));
                _output.Advance(frame.Length);
            }

            _writing.Clear();
            var flush = _output.FlushAsync();
            if (flush.IsCompletedSuccessfully)
            {
                if (!flush.Result.IsCompleted) continue; // more may have been queued meanwhile
                Stop();
                return;
            }

            _flush = flush.GetAwaiter();
            _flush.UnsafeOnCompleted(_continue);
            return;
        }
    }

    private void Continue()
    {
        if (_flush.GetResult().IsCompleted) Stop();
        else Drain();
    }

    private void Stop()
    {
        lock (_lock)
        {
            _draining = false;
            _drained?.TrySetResult();
        }
    }
}
