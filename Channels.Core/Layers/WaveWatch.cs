using System.Collections.Concurrent;

namespace Channels;

/// <summary>
/// Releases the readers of a holder that is stuck: a handler that sends and then blocks its thread may be waiting for
/// what those readers do. One timer for a layer, and only while something is held. Thread-safe.
/// </summary>
internal sealed class WaveWatch(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<IWaveHolder> _holders = new();
    private ITimer? _timer;
    private int _ticking;

    public void Add(IWaveHolder holder)
    {
        _holders.Enqueue(holder);
        if (Interlocked.Exchange(ref _ticking, 1) == 0)
        {
            _timer ??= time.CreateTimer(static watch => ((WaveWatch)watch!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(Patience, Timeout.InfiniteTimeSpan);
        }
    }

    private void Tick()
    {
        Interlocked.Exchange(ref _ticking, 0); // whoever comes from now on starts the timer again
        while (_holders.TryDequeue(out var holder))
        {
            holder.ReleaseHeld();
        }
    }
}
