namespace Channels.Benchmarks;

/// <summary>A fixed rate: how many messages are due.</summary>
/// <param name="perSecond">The rate.</param>
/// <param name="frequency">Ticks per second of the times given.</param>
/// <param name="start">When the first message is due.</param>
internal sealed class Pace(double perSecond, long frequency, long start)
{
    private long _given;

    /// <summary>How many have become due since the last call.</summary>
    internal int Due(long now)
    {
        var due = (long)((now - start) * perSecond / frequency) - _given;
        if (due <= 0) return 0;
        _given += due;
        return (int)due;
    }
}
