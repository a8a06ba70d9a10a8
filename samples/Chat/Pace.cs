namespace Chat;

/// <summary>How fast one connection may say things: a few at once, then so many a second. For the handlers of one consumer.</summary>
internal sealed class Pace(TimeProvider time, int burst, double perSecond)
{
    private double _left = burst;
    private long _since = time.GetTimestamp();

    public bool TryTake()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(burst, _left + (time.GetElapsedTime(_since, now).TotalSeconds * perSecond));
        _since = now;
        if (_left < 1)
        {
            return false;
        }

        _left--;
        return true;
    }
}
