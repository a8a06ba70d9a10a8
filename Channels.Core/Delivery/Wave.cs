using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Channels;

/// <summary>
/// Mailboxes whose readers a broadcast has found asleep, to be served together: one work item for dozens of them instead of
/// one each, which is what a broadcast to a thousand sockets would otherwise spend most of its own time on.
/// </summary>
/// <remarks>
/// A wave that is full gets another one in front. Waves are reused, so that a broadcast allocates nothing. Not thread-safe
/// while it is filled. Before code of the application's runs, a relief is queued that goes on with the next reader: a
/// handler that blocks its thread keeps no other one waiting, and free cores help.
/// </remarks>
internal sealed class Wave : IThreadPoolWorkItem
{
    // About a tenth of a millisecond's work: others get their turn in between, and several cores share a large group.
    private const int Size = 128;

    // How many mailboxes further memory is asked for, step by step: each step takes about as long as two of them.
    private const int Step = 2;

    private readonly Pool _pool;
    private Mailboxes _mailboxes;
    private int _count;
    private int _next;     // the first mailbox that nobody has taken
    private int _threads;  // work items that are queued or at work
    private int _relieved; // 1 while a relief is queued
    private Wave? _fuller;

    private Wave(Pool pool) => _pool = pool;

    /// <summary>When the first mailbox of this wave, or of those behind it, was added.</summary>
    public long Since { get; private set; }

    /// <summary>Lets the wave and those behind it go.</summary>
    public static void Release(ref Wave? wave)
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
            var mailbox = _mailboxes[index]!; // below the count all are set
            _mailboxes[index] = null;
            Prefetch(index);
            if (!mailbox.TryServe())
            {
                QueueRelief(index + 1);
                mailbox.RunReader();
            }
        }

        if (Interlocked.Decrement(ref _threads) == 0)
        {
            (_count, _next) = (0, 0);
            _pool.Return(this);
        }
    }

    // Another thread may have taken one of them: then it is null.
    private void Prefetch(int index)
    {
        if (index + 3 * Step < _count)
        {
            CacheHint.FetchLarge(_mailboxes[index + 3 * Step]);
            _mailboxes[index + 2 * Step]?.Prefetch();
            _mailboxes[index + Step]?.PrefetchBehind();
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

    // The last one made has the last mailboxes; the first to be added are the first to be served.
    private static Wave? Reverse(Wave? wave)
    {
        Wave? first = null;
        while (wave is not null)
        {
            (wave._fuller, first, wave) = (first, wave, wave._fuller);
        }

        return first;
    }

    [InlineArray(Size)]
    private struct Mailboxes
    {
        private Mailbox? _first;
    }

    /// <summary>The waves of one layer. Thread-safe.</summary>
    internal sealed class Pool
    {
        // What a broadcast to some ten thousand sockets takes; more is left to the garbage collector.
        private const int MostKept = 128;

        private readonly ConcurrentQueue<Wave> _free = new();

        /// <summary>Adds a mailbox to a wave, or to a new one in front of it.</summary>
        /// <param name="wave">The wave; null for none yet.</param>
        /// <param name="mailbox">The mailbox.</param>
        /// <param name="now">The time, for <see cref="Since"/>.</param>
        public void Add(ref Wave? wave, Mailbox mailbox, long now)
        {
            if (wave is not { _count: < Size })
            {
                var next = _free.TryDequeue(out var free) ? free : new Wave(this);
                next.Since = wave?.Since ?? now;
                next._fuller = wave;
                wave = next;
            }

            wave._mailboxes[wave._count++] = mailbox;
        }

        public void Return(Wave wave)
        {
            if (_free.Count < MostKept)
            {
                _free.Enqueue(wave);
            }
        }
    }
}
