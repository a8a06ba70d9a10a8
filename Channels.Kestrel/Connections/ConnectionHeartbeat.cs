namespace Channels.Kestrel;

/// <summary>
/// The deadlines of all connections of one server on one timer (REL-36): a wheel of one-second slots, so that a tick
/// touches only the connections whose time has come. The timer runs only while there are entries.
/// </summary>
/// <remarks>
/// Its clock is monotonic (REL-52) and stands still while the process does: a tick that comes late, because the process
/// was stopped or had no thread to spare, counts as two seconds at most, so that peers are not taken for dead because
/// nobody read what they sent (REL-35). Thread-safe.
/// </remarks>
internal sealed class ConnectionHeartbeat
{
    private const int SlotCount = 128;
    private const long TickMilliseconds = 1000;
    private const long MostPerTick = 2 * TickMilliseconds;

    private readonly Lock _gate = new();
    private readonly HeartbeatEntry?[] _slots = new HeartbeatEntry?[SlotCount];
    private readonly List<HeartbeatEntry> _due = [];
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _lastTick;
    private long _now;
    private long _swept;
    private int _count;
    private bool _ticking;

    public ConnectionHeartbeat(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((ConnectionHeartbeat)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Milliseconds, exact to a tick; cheap enough for every frame.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>How many entries have a deadline.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Makes sure that the entry is called at <paramref name="due"/> at the latest.</summary>
    public void Schedule(HeartbeatEntry entry, long due)
    {
        lock (_gate)
        {
            if (due < entry.Due)
            {
                Unlink(entry);
                Link(entry, due);
            }
        }
    }

    public void Remove(HeartbeatEntry entry)
    {
        lock (_gate)
        {
            Unlink(entry);
        }
    }

    private void Tick()
    {
        lock (_gate)
        {
            if (_ticking || _count == 0)
            {
                return; // the tick before has not ended, or the last entry has just gone
            }

            _ticking = true;
            var elapsed = (long)_time.GetElapsedTime(_lastTick).TotalMilliseconds;
            if (elapsed > 0)
            {
                _lastTick = _time.GetTimestamp();
                Volatile.Write(ref _now, _now + Math.Min(elapsed, MostPerTick));
            }

            CollectDue();
        }

        try
        {
            foreach (var entry in _due)
            {
                var next = entry.Beat(_now);
                if (next != HeartbeatEntry.Never)
                {
                    Schedule(entry, next);
                }
            }
        }
        finally
        {
            _due.Clear();
            lock (_gate)
            {
                _ticking = false;
            }
        }
    }

    // Empties the slots between the last sweep and now. An entry from a later turn of the wheel is called early, which
    // costs it a look at its deadlines.
    private void CollectDue()
    {
        var until = _now / TickMilliseconds;
        for (var slot = Math.Max(_swept + 1, until - SlotCount + 1); slot <= until; slot++)
        {
            while (_slots[(int)(slot % SlotCount)] is { } entry)
            {
                Unlink(entry);
                _due.Add(entry);
            }
        }

        _swept = until;
    }

    private void Link(HeartbeatEntry entry, long due)
    {
        if (_count++ == 0)
        {
            _lastTick = _time.GetTimestamp();
            _timer.Change(TimeSpan.FromMilliseconds(TickMilliseconds), TimeSpan.FromMilliseconds(TickMilliseconds));
        }

        // Rounded up, so that a deadline has passed when its slot is swept; far ones get the last slot and look again.
        var tick = Math.Clamp((due + TickMilliseconds - 1) / TickMilliseconds, _swept + 1, _swept + SlotCount - 1);
        entry.Due = due;
        entry.Slot = (int)(tick % SlotCount);
        entry.Next = _slots[entry.Slot];
        if (entry.Next is { } next)
        {
            next.Previous = entry;
        }

        _slots[entry.Slot] = entry;
    }

    private void Unlink(HeartbeatEntry entry)
    {
        if (entry.Slot < 0)
        {
            return;
        }

        if (entry.Previous is { } previous)
        {
            previous.Next = entry.Next;
        }
        else
        {
            _slots[entry.Slot] = entry.Next;
        }

        if (entry.Next is { } next)
        {
            next.Previous = entry.Previous;
        }

        (entry.Next, entry.Previous, entry.Slot, entry.Due) = (null, null, -1, HeartbeatEntry.Never);
        if (--_count == 0)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
