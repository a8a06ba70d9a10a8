namespace Channels;

/// <summary>Leased values in the memory of this process. What is over is dropped as values are written; when there is too much, those go that would have gone next.</summary>
/// <param name="time">The clock.</param>
/// <param name="maxBytes">How many bytes all values may hold together, roughly.</param>
internal sealed class InMemoryLeasedState(TimeProvider time, long maxBytes = InMemoryLeasedState.DefaultMaxBytes) : ILeasedState
{
    private const long DefaultMaxBytes = 64 * 1024 * 1024;
    private const int Overhead = 256; // what an entry costs besides its value, roughly
    private const double Refill = 0.9; // looking for what goes means looking at all

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _bytes;
    private int _sweepAt = 64;

    /// <summary>How many keys are known, those that are over included until the next sweep.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public ValueTask<bool> PutAsync(string key, string owner, ReadOnlyMemory<byte> value, TimeSpan lifetime, CancellationToken cancellationToken = default)
    {
        Check(key, owner);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (Find(key, now) is { } known && known.Owner != owner)
            {
                return new(false);
            }

            Set(key, new(owner, value, now + (long)(lifetime.TotalSeconds * time.TimestampFrequency)));
            Sweep(now);
            return new(true);
        }
    }

    public ValueTask<ReadOnlyMemory<byte>?> TakeAsync(string key, string owner, CancellationToken cancellationToken = default)
    {
        Check(key, owner);
        lock (_gate)
        {
            if (Find(key, time.GetTimestamp()) is not { Value: { } value } known)
            {
                return default;
            }

            Set(key, known with { Owner = owner, Value = null });
            return new(value);
        }
    }

    public ValueTask ReleaseAsync(string key, string owner, CancellationToken cancellationToken = default)
    {
        Check(key, owner);
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var known) && known.Owner == owner)
            {
                Remove(key, known);
            }
        }

        return ValueTask.CompletedTask;
    }

    private static void Check(string key, string owner)
    {
        ChannelNames.ThrowIfNotGroup(key);
        ArgumentException.ThrowIfNullOrEmpty(owner);
    }

    // What follows is called inside the lock.
    private Entry? Find(string key, long now)
    {
        if (!_entries.TryGetValue(key, out var known))
        {
            return null;
        }

        if (known.Ends > now)
        {
            return known;
        }

        Remove(key, known);
        return null;
    }

    private void Set(string key, Entry entry)
    {
        if (_entries.TryGetValue(key, out var former))
        {
            _bytes -= former.Bytes;
        }

        _entries[key] = entry;
        _bytes += entry.Bytes;
    }

    private void Remove(string key, Entry entry)
    {
        _entries.Remove(key);
        _bytes -= entry.Bytes;
    }

    // Each look at all entries is paid for by as many writes.
    private void Sweep(long now)
    {
        if (_entries.Count < _sweepAt && _bytes <= maxBytes)
        {
            return;
        }

        foreach (var (key, entry) in _entries.Where(entry => entry.Value.Ends <= now).ToArray())
        {
            Remove(key, entry);
        }

        if (_bytes > maxBytes)
        {
            foreach (var (key, entry) in _entries.OrderBy(entry => entry.Value.Ends).ToArray())
            {
                if (_bytes <= maxBytes * Refill)
                {
                    break;
                }

                Remove(key, entry);
            }
        }

        _sweepAt = Math.Max(64, 2 * _entries.Count);
    }

    private sealed record Entry(string Owner, ReadOnlyMemory<byte>? Value, long Ends)
    {
        public long Bytes => Overhead + (Value?.Length ?? 0);
    }
}
