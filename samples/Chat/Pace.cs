namespace Chat;

/// <summary>
/// How fast somebody may say things, over all connections of this process: a few at once, then so many a second. A browser can make up
/// as many people as it likes, so an address has a pace as well, which is enough for all who share it. Thread-safe.
/// </summary>
internal sealed class Pace(TimeProvider time)
{
    private const int MostKept = 10_000;

    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp(); // a clock that is set back keeps nobody waiting
    private readonly Dictionary<string, TimeSpan> _busyUntil = []; // since the start; whose time is over may say as much as anybody unknown
    private TimeSpan _looked;

    /// <param name="person">Who says it: a text of another form than addresses have.</param>
    /// <param name="address">From where.</param>
    public bool TryTake(string person, string address)
    {
        lock (_lock)
        {
            var now = time.GetElapsedTime(_start);
            if (NextOf(person, now, burst: 20, perSecond: 1) is not { } own || NextOf(address, now, burst: 200, perSecond: 20) is not { } all || !HasRoom(now))
            {
                return false;
            }

            (_busyUntil[person], _busyUntil[address]) = (own, all);
            return true;
        }
    }

    // Each thing said makes one busy for as long as it takes until the next one is due; a burst is what one may be ahead of that.
    private TimeSpan? NextOf(string key, TimeSpan now, int burst, int perSecond)
    {
        var each = TimeSpan.FromSeconds(1) / perSecond;
        var next = (_busyUntil.TryGetValue(key, out var until) && until > now ? until : now) + each;
        return next - now <= each * burst ? next : null;
    }

    // Looked through at most once a second, or whoever fills it would keep everybody waiting for that.
    private bool HasRoom(TimeSpan now)
    {
        if (_busyUntil.Count >= MostKept && now - _looked >= TimeSpan.FromSeconds(1))
        {
            _looked = now;
            foreach (var (key, until) in _busyUntil)
            {
                if (until <= now)
                {
                    _busyUntil.Remove(key); // which a dictionary takes while it is gone through
                }
            }
        }

        return _busyUntil.Count < MostKept;
    }
}
