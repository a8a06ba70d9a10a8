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
    private readonly long _most = limit is <= 0 or > long.MaxValue / 3 * 2 ? long.MaxValue : limit + limit / 2; // with what is being let go
    private readonly Lock _gate = new();
    private readonly Dictionary<MemoryHolder, long> _holders = []; // who holds anything and is not ended, and since when
    private long _used;
    private long _leaving; // of holders that are ended, and have not let go yet
    private bool _relieving; // somebody finds out who is to go

    /// <summary>What is held and counted now, in bytes; what belongs to holders that are being ended is not.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>A quarter of what the process may use: the machine's memory, a container's, or the limit of the heap.</summary>
    public static long DefaultLimit() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / DefaultShare;

    /// <summary>Counts bytes for a holder. False when it is ended, now or before: it must not hold more.</summary>
    public bool TryTake(MemoryHolder holder, long bytes)
    {
        List<MemoryClaim> claims;
        lock (_gate)
        {
            if (holder.IsForgotten)
            {
                return false;
            }

            if (!holder.IsEnded && holder.Held == 0)
            {
                _holders.TryAdd(holder, time.GetTimestamp()); // there already, if it took nothing before
            }

            Count(holder, bytes);
            if (_used <= _limit || _relieving)
            {
                return MayStay(holder);
            }

            claims = CopyClaims();
            _relieving = true;
        }

        try
        {
            MemoryClaim.Order(claims, time); // there may be very many, and nobody waits for it
        }
        finally
        {
            lock (_gate)
            {
                _relieving = false;
            }
        }

        lock (_gate)
        {
            Relieve(claims);
            return MayStay(holder);
        }
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
                _holders.Remove(holder);
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
                _holders.Remove(holder);
            }

            Count(holder, -holder.Held);
            holder.IsForgotten = true;
        }
    }

    private List<MemoryClaim> CopyClaims()
    {
        var claims = new List<MemoryClaim>(_holders.Count);
        foreach (var (holder, since) in _holders)
        {
            claims.Add(new(holder, holder.Held, since));
        }

        return claims;
    }

    // They may have let go, or gone, since they were put in order.
    private void Relieve(List<MemoryClaim> claims)
    {
        var ended = 0;
        foreach (var (holder, _, _) in claims)
        {
            if (_used <= _limit - _limit / FreedShare)
            {
                break;
            }

            if (holder is { IsEnded: false, IsForgotten: false, Held: > 0 })
            {
                Leave(holder);
                ended++;
            }
        }

        Tell(ended);
    }

    private bool MayStay(MemoryHolder holder)
    {
        if (_used + _leaving > _most && holder is { IsEnded: false, IsForgotten: false, Held: > Small })
        {
            Leave(holder); // those who are ended have not let go yet
            Tell(1);
        }

        return holder is { IsEnded: false, IsForgotten: false };
    }

    private void Tell(int ended)
    {
        if (ended > 0 && shortage is { } tell)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static state => Guarded.Run(static state => state.tell(state.ended), state), (tell, ended), preferLocal: false);
        }
    }

    private void Leave(MemoryHolder holder)
    {
        _holders.Remove(holder);
        _used -= holder.Held;
        _leaving += holder.Held;
        holder.IsEnded = true;

        // Not here: whoever takes memory may hold locks of its own.
        ThreadPool.UnsafeQueueUserWorkItem(static holder => Guarded.Run(static holder => holder.End(), holder), holder, preferLocal: false);
    }

    private void Count(MemoryHolder holder, long bytes)
    {
        holder.Held += bytes;
        (holder.IsEnded ? ref _leaving : ref _used) += bytes;
    }
}
