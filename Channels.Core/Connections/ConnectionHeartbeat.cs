namespace Channels.Extending;

/// <summary>
/// The deadlines of all connections of one server on one timer: a wheel of slots, each a second long unless told
/// otherwise, so that a tick touches only the connections whose time has come. The timer runs only while there are entries.
/// </summary>
/// <remarks>
/// Its clock is monotonic and stands still while the process does: a tick that comes late, because the process was
/// stopped or had no thread to spare, counts as two seconds at most, so that peers are not taken for dead because
/// nobody read what they sent. Thread-safe.
/// </remarks>
public sealed class ConnectionHeartbeat
{
    private const int SlotCount = 128;
    private const long MostPerTick = 2000;

    private readonly Lock _gate = new();
    private readonly HeartbeatEntry?[] _slots = new HeartbeatEntry?[SlotCount];
    private readonly List<HeartbeatEntry> _due = [];
    private readonly TimeProvider _time;
    private readonly IntervalTimer _timer;
    private readonly long _tick; // milliseconds
    private long _lastTick;
    private long _now;
    private long _swept;
    private int _count;
    private bool _ticking;

    /// <summary>Makes a heartbeat; it costs nothing until an entry has a deadline.</summary>
    /// <param name="time">The clock.</param>
    public ConnectionHeartbeat(TimeProvider time)
        : this(time, TimeSpan.FromSeconds(1))
    {
    }

    /// <summary>Makes a heartbeat for deadlines that are shorter than seconds.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="tick">How late an entry may be called; from a millisecond to a second. Its timer fires as often while there are entries.</param>
    public ConnectionHeartbeat(TimeProvider time, TimeSpan tick)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(tick, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tick, TimeSpan.FromSeconds(1));
        (_time, _tick) = (time, (long)tick.TotalMilliseconds);
        _timer = new IntervalTimer(time, TimeSpan.FromMilliseconds(_tick), Tick);
    }

    /// <summary>Milliseconds since the first deadline, exact to a tick; cheap enough for every frame.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>Milliseconds since the first deadline, exact: for a decision that must not wait for the next tick.</summary>
    public long ReadNow()
    {
        lock (_gate)
        {
            return _count == 0 ? _now : _now + Elapsed();
        }
    }

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

    /// <summary>Makes sure that the entry is called in the tick of <paramref name="due"/> at the latest.</summary>
    /// <param name="entry">The entry; one that is to be called earlier stays so.</param>
    /// <param name="due">When, in the time of <see cref="Now"/>; <see cref="HeartbeatEntry.Never"/> changes nothing.</param>
    public void Schedule(HeartbeatEntry entry, long due)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_gate)
        {
            if (due < entry.Due)
            {
                Unlink(entry);
                Link(entry, due);
            }
        }
    }

    /// <summary>Forgets the entry's deadline. A call that is under way may still come to its end; it is not called again because of it.</summary>
    /// <param name="entry">The entry; nothing happens when it has no deadline.</param>
    public void Remove(HeartbeatEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_gate)
        {
            entry.IsBeating = false;
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
            var elapsed = Elapsed();
            if (elapsed > 0)
            {
                // What is left of a millisecond counts at the next tick; what is left of a stop does not.
                _lastTick = elapsed < MostPerTick ? _lastTick + (elapsed * _time.TimestampFrequency / 1000) : _time.GetTimestamp();
                Volatile.Write(ref _now, _now + elapsed);
            }

            CollectDue();
        }

        try
        {
            foreach (var entry in _due)
            {
                ScheduleNext(entry, Beat(entry));
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

    private void ScheduleNext(HeartbeatEntry entry, long due)
    {
        lock (_gate)
        {
            if (entry.IsBeating)
            {
                entry.IsBeating = false;
                Schedule(entry, due);
            }
        }
    }

    // One connection's fault must not cost the others their deadlines, nor the process its life.
    private long Beat(HeartbeatEntry entry)
    {
        try
        {
            return entry.Beat(_now);
        }
#pragma warning disable CA1031 // there is no caller to tell
        catch
#pragma warning restore CA1031
        {
            return _now + _tick;
        }
    }

    private long Elapsed() => Math.Min((long)_time.GetElapsedTime(_lastTick).TotalMilliseconds, MostPerTick);

    // Empties the slots between the last sweep and now. An entry from a later turn of the wheel is called early, which
    // costs it a look at its deadlines.
    private void CollectDue()
    {
        var until = _now / _tick;
        for (var slot = Math.Max(_swept + 1, until - SlotCount + 1); slot <= until; slot++)
        {
            while (_slots[(int)(slot % SlotCount)] is { } entry)
            {
                Unlink(entry);
                entry.IsBeating = true;
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
            _timer.Start();
        }

        // Rounded up, so that a deadline has passed when its slot is swept; far ones get the last slot and look again.
        var tick = Math.Clamp((due + _tick - 1) / _tick, _swept + 1, _swept + SlotCount - 1);
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
            _timer.Stop();
        }
    }
}
