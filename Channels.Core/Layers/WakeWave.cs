using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Channels;

/// <summary>
/// Readers that a broadcast has found asleep, to be woken together: one work item for dozens of them instead of one
/// each, which is what a broadcast to a thousand sockets would otherwise spend most of its own time on.
/// </summary>
/// <remarks>
/// A wave that is full gets another one in front. Waves are reused, so that a broadcast allocates nothing. Not
/// thread-safe while it is filled. Before code of the application's runs, a relief is queued that goes on with the next
/// reader: a handler that blocks its thread keeps no other one waiting, and free cores help.
/// </remarks>
internal sealed class WakeWave : IThreadPoolWorkItem
{
    // About a tenth of a millisecond's work: others get their turn in between, and several cores share a large group.
    private const int Size = 128;

    // About as long as memory takes.
    private const int Step = 2;

    private readonly Pool _pool;
    private Readers _readers;
    private int _count;
    private int _next;     // the first reader that nobody has taken
    private int _threads;  // work items that are queued or at work
    private int _relieved; // 1 while a relief is queued
    private WakeWave? _fuller;

    private WakeWave(Pool pool) => _pool = pool;

    /// <summary>When the first reader of this wave, or of those behind it, was added.</summary>
    public long Since { get; private set; }

    /// <summary>Lets the wave and those behind it go.</summary>
    public static void Release(ref WakeWave? wave)
    {
        var next = Reverse(wave);
        wave = null;
        while (next is not null)
        {
            var running = next;
            (next, running._fuller) = (running._fuller, null);
            running._threads = 1;
            ThreadPool.UnsafeQueueUserWorkItem(running, preferLocal: false); // it may be in use again by the next line
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _relieved, 0);
        for (var index = Take(); index < _count; index = Take())
        {
            var reader = _readers[index]!; // below the count all are set
            _readers[index] = null;
            Approach(index);
            if (!reader.TryPassOn())
            {
                QueueRelief(index + 1);
                reader.Run();
            }
        }

        if (Interlocked.Decrement(ref _threads) == 0)
        {
            (_count, _next) = (0, 0);
            _pool.Return(this);
        }
    }

    // Readers that come soon are fetched into the cache meanwhile. Another thread may have taken one of them: then it is null.
    private void Approach(int index)
    {
        if (index + 3 * Step < _count)
        {
            CacheHint.Soon(_readers[index + 3 * Step]);
            _readers[index + 2 * Step]?.Approach(isNear: false);
            _readers[index + Step]?.Approach(isNear: true);
        }
    }

    private int Take() => Interlocked.Increment(ref _next) - 1;

    private void QueueRelief(int next)
    {
        if (next < _count && Interlocked.Exchange(ref _relieved, 1) == 0)
        {
            Interlocked.Increment(ref _threads);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    // The last one made has the last readers; the first to be added are the first to be woken.
    private static WakeWave? Reverse(WakeWave? wave)
    {
        WakeWave? first = null;
        while (wave is not null)
        {
            (wave._fuller, first, wave) = (first, wave, wave._fuller);
        }

        return first;
    }

    [InlineArray(Size)]
    private struct Readers
    {
        private IInboxReader? _first;
    }

    /// <summary>The waves of one layer. Thread-safe.</summary>
    internal sealed class Pool
    {
        // What a broadcast to some ten thousand sockets takes; more is left to the garbage collector.
        private const int MostKept = 128;

        private readonly ConcurrentQueue<WakeWave> _free = new();

        /// <summary>Adds a reader to a wave, or to a new one in front of it.</summary>
        /// <param name="wave">The wave; null for none yet.</param>
        /// <param name="reader">The reader.</param>
        /// <param name="now">The layer's time.</param>
        public void Add(ref WakeWave? wave, IInboxReader reader, long now)
        {
            if (wave is not { _count: < Size })
            {
                var next = _free.TryDequeue(out var free) ? free : new WakeWave(this);
                next.Since = wave?.Since ?? now;
                next._fuller = wave;
                wave = next;
            }

            wave._readers[wave._count++] = reader;
        }

        public void Return(WakeWave wave)
        {
            if (_free.Count < MostKept)
            {
                _free.Enqueue(wave);
            }
        }
    }
}
