namespace Channels.SocketRouter;

/// <summary>How fast one connection may send: a bucket of tokens that fills by the clock. For one thread at a time.</summary>
internal sealed class RequestRate(int perSecond, int burst, TimeProvider time)
{
    private double _tokens = burst;
    private long _filled = time.GetTimestamp();

    /// <summary>Takes a token; false with the time until there is one.</summary>
    public bool TryTake(out int retryAfterMilliseconds)
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_filled, now).TotalSeconds * perSecond));
        _filled = now;
        if (_tokens < 1)
        {
            retryAfterMilliseconds = (int)Math.Ceiling((1 - _tokens) * 1_000 / perSecond);
            return false;
        }

        _tokens--;
        retryAfterMilliseconds = 0;
        return true;
    }
}
