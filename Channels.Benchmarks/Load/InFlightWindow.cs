namespace Channels.Benchmarks;

/// <summary>
/// A closed loop: at most a fixed number of messages is under way, and a message is under way until every receiver
/// has it. The slots of lost messages stay taken, so that a loss shows as a stall and not as speed.
/// </summary>
internal sealed class InFlightWindow
{
    private readonly int[] _remaining;
    private readonly int _receivers;
    private uint _oldest;

    internal InFlightWindow(int size, int receivers, uint first)
    {
        _remaining = new int[size];
        _receivers = receivers;
        _oldest = Next = first;
    }

    /// <summary>The number the next message will bear.</summary>
    internal uint Next { get; private set; }

    /// <summary>The number of the oldest message that has not arrived everywhere.</summary>
    internal uint Oldest => _oldest;

    internal bool HasRoom => UnderWay < _remaining.Length;

    internal int UnderWay => (int)(Next - _oldest);

    internal bool IsEmpty => Next == _oldest;

    internal uint Send()
    {
        _remaining[Next % (uint)_remaining.Length] = _receivers;
        return Next++;
    }

    /// <returns>True when this delivery was the last one of the oldest message, so that there is room again.</returns>
    internal bool Delivered(uint sequence)
    {
        if (sequence - _oldest >= Next - _oldest) return false;
        _remaining[sequence % (uint)_remaining.Length]--;
        if (_remaining[_oldest % (uint)_remaining.Length] > 0) return false;
        while (_oldest != Next && _remaining[_oldest % (uint)_remaining.Length] <= 0) _oldest++;
        return true;
    }
}
