using System.Collections.Concurrent;

namespace Channels;

/// <summary>
/// Releases bursts whose thread is stuck: a handler that sends and then blocks its thread may be waiting for what the
/// receivers do. One timer for a layer, and only while something is held. Thread-safe.
/// </summary>
internal sealed class BurstWatch(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<Burst> _bursts = new();
    private ITimer? _timer;
    private int _ticking;

    public void Add(Burst burst)
    {
        _bursts.Enqueue(burst);
        if (Interlocked.Exchange(ref _ticking, 1) == 0)
        {
            _timer ??= time.CreateTimer(static watch => ((BurstWatch)watch!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(Patience, Timeout.InfiniteTimeSpan);
        }
    }

    private void Tick()
    {
        Interlocked.Exchange(ref _ticking, 0); // whoever comes from now on starts the timer again
        while (_bursts.TryDequeue(out var burst))
        {
            burst.ReleaseOverdue();
        }
    }
}
