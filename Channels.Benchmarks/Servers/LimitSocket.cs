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
    private bool _draining;

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
            _queued.Add(frame);
            if (_draining) return false;
            return _draining = true;
        }
    }

    internal void Drain()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_queued.Count == 0)
                {
                    _draining = false;
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
                if (flush.Result.IsCompleted) return;
                continue;
            }

            _flush = flush.GetAwaiter();
            _flush.UnsafeOnCompleted(_continue);
            return;
        }
    }

    private void Continue()
    {
        if (!_flush.GetResult().IsCompleted) Drain();
    }
}
