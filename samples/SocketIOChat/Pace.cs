namespace SocketIOChat;

/// <summary>How fast one connection may do things: a few at once, then so many a second. For the handlers of one consumer, which do not overlap.</summary>
internal sealed class Pace(TimeProvider time, int burst, int perSecond)
{
    private readonly TimeSpan _each = TimeSpan.FromSeconds(1) / perSecond;
    private readonly long _start = time.GetTimestamp(); // a clock that is set back keeps nobody waiting
    private TimeSpan _busyUntil; // since the start; each thing done makes it busy for as long as one is due; a burst is what it may be ahead

    public bool TryTake()
    {
        var now = time.GetElapsedTime(_start);
        var next = (_busyUntil > now ? _busyUntil : now) + _each;
        if (next - now > _each * burst)
        {
            return false;
        }

        _busyUntil = next;
        return true;
    }
}
