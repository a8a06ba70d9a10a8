namespace Channels.Extending;

/// <summary>
/// How much memory the peers of one server may make it hold: request bodies, unfinished messages, and what waits in both
/// directions. When it runs short, those who hold most and longest are ended, until an eighth of it is free again.
/// Thread-safe.
/// </summary>
/// <remarks>
/// Nobody asks it per message: each holder has a small allowance that is not counted, and comes here for whole chunks
/// (<see cref="MemoryShare"/>).
/// </remarks>
/// <param name="limit">In bytes; 0 means no limit.</param>
/// <param name="time">Tells how long memory has been held.</param>
/// <param name="shortage">Told how many holders a shortage has ended. Null for nobody.</param>
internal sealed class MemoryBudget(long limit, TimeProvider time, Action<int>? shortage = null)
{
    // What memory of the process peers may have, when nobody has said otherwise. The rest is for the application, for
    // the buffers of sockets, and for the collector, which needs room to work.
    private const int DefaultShare = 4;

    // By so much a shortage is relieved at once, so that a flood does not have everybody looked at for each of its chunks.
    private const int FreedShare = 8;

    // Whoever holds no more is let be even while others have not let go yet.
    private const long Small = 64 * 1024;

    private readonly long _limit = limit <= 0 ? long.MaxValue : limit;
    private readonly long _most = limit <= 0 ? long.MaxValue : limit + limit / 2; // with what is being let go
    private readonly Lock _gate = new();
    private MemoryHolder? _first;
    private long _used;
    private long _leaving; // of holders that are ended, and have not let go yet

    /// <summary>What is held and counted now, in bytes; what belongs to holders that are being ended is not.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>A quarter of what the process may use: the machine's memory, a container's, or the limit of the heap.</summary>
    public static long DefaultLimit() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / DefaultShare;

    /// <summary>Counts bytes for a holder. False when it is ended, now or before: it must not hold more.</summary>
    public bool TryTake(MemoryHolder holder, long bytes)
    {
        List<MemoryHolder>? ended = null;
        bool allowed;
        lock (_gate)
        {
            if (holder.IsForgotten)
            {
                return false;
            }

            if (!holder.IsEnded && holder.Held == 0)
            {
                Link(holder);
            }

            Count(holder, bytes);
            if (_used > _limit)
            {
                ended = Relieve();
            }

            if (_used + _leaving > _most && holder is { IsEnded: false, Held: > Small })
            {
                Leave(holder); // those who are ended have not let go yet
                (ended ??= []).Add(holder);
            }

            allowed = !holder.IsEnded;
        }

        if (ended is not null)
        {
            End(ended);
        }

        return allowed;
    }

    /// <summary>The holder has let go of bytes that were counted.</summary>
    public void GiveBack(MemoryHolder holder, long bytes)
    {
        lock (_gate)
        {
            if (holder.IsForgotten)
            {
                return;
            }

            Count(holder, -bytes);
            if (!holder.IsEnded && holder.Held == 0)
            {
                Unlink(holder);
            }
        }
    }

    /// <summary>The holder is over: nothing of it is counted any more, whatever it still gives back.</summary>
    public void Forget(MemoryHolder holder)
    {
        lock (_gate)
        {
            if (holder.IsForgotten)
            {
                return;
            }

            if (!holder.IsEnded && holder.Held > 0)
            {
                Unlink(holder);
            }

            Count(holder, -holder.Held);
            holder.IsForgotten = true;
        }
    }

    // What counts is how much somebody holds, how long already, and how much its whole address holds: a flood from one
    // place loses to somebody from another who holds as much, and whoever holds little or only passes by is safe.
    private List<MemoryHolder> Relieve()
    {
        var perAddress = new Dictionary<AddressKey, long>();
        var holders = new List<MemoryHolder>();
        for (var holder = _first; holder is not null; holder = holder.Next)
        {
            holders.Add(holder);
            perAddress[holder.Address] = perAddress.GetValueOrDefault(holder.Address) + holder.Held;
        }

        var now = time.GetTimestamp();
        var order = holders.Select(holder => (Holder: holder, Weight: (double)holder.Held * perAddress[holder.Address] * (1 + time.GetElapsedTime(holder.Since, now).TotalSeconds)));
        var ended = new List<MemoryHolder>();
        foreach (var (holder, _) in order.OrderByDescending(entry => entry.Weight))
        {
            if (_used <= _limit - _limit / FreedShare)
            {
                break;
            }

            Leave(holder);
            ended.Add(holder);
        }

        return ended;
    }

    private void End(List<MemoryHolder> ended)
    {
        // Not here: whoever takes memory may hold locks of its own.
        foreach (var holder in ended)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static holder => Guarded.Run(static holder => holder.EndForMemory(), holder), holder, preferLocal: false);
        }

        if (shortage is { } tell)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static state => Guarded.Run(static state => state.tell(state.Count), state), (tell, ended.Count), preferLocal: false);
        }
    }

    private void Leave(MemoryHolder holder)
    {
        Unlink(holder);
        _used -= holder.Held;
        _leaving += holder.Held;
        holder.IsEnded = true;
    }

    private void Count(MemoryHolder holder, long bytes)
    {
        holder.Held += bytes;
        (holder.IsEnded ? ref _leaving : ref _used) += bytes;
    }

    private void Link(MemoryHolder holder)
    {
        holder.Since = time.GetTimestamp();
        (holder.Previous, holder.Next) = (null, _first);
        _first?.Previous = holder;
        _first = holder;
    }

    private void Unlink(MemoryHolder holder)
    {
        holder.Next?.Previous = holder.Previous;
        if (holder.Previous is { } previous)
        {
            previous.Next = holder.Next;
        }
        else
        {
            _first = holder.Next;
        }

        (holder.Previous, holder.Next) = (null, null);
    }
}
