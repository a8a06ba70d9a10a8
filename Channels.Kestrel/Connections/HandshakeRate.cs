namespace Channels.Kestrel;

/// <summary>
/// A token bucket per address. Two generations of at most half the bound each stand in for a list by last use: an
/// address that comes again moves to the young one, the old one is forgotten as a whole. Not thread-safe.
/// </summary>
internal sealed class HandshakeRate(int perSecond, TimeProvider time, int mostAddresses = 100_000)
{
    private Dictionary<AddressKey, Bucket> _young = [];
    private Dictionary<AddressKey, Bucket> _old = [];

    /// <summary>How many addresses are remembered.</summary>
    public int AddressCount => _young.Count + _old.Count;

    public bool TryTake(AddressKey address)
    {
        var now = time.GetTimestamp();
        var burst = 2.0 * perSecond;
        if (!_young.TryGetValue(address, out var bucket) && !_old.Remove(address, out bucket))
        {
            bucket = new Bucket(burst, now);
        }

        var tokens = Math.Min(burst, bucket.Tokens + time.GetElapsedTime(bucket.Since, now).TotalSeconds * perSecond);
        var taken = tokens >= 1;
        if (_young.Count >= mostAddresses / 2 && !_young.ContainsKey(address))
        {
            (_old, _young) = (_young, []);
        }

        _young[address] = new Bucket(taken ? tokens - 1 : tokens, now);
        return taken;
    }

    private readonly record struct Bucket(double Tokens, long Since);
}
