namespace Channels;

/// <summary>The kept messages of one group in memory, in a ring. Guarded by locking the object itself.</summary>
internal sealed class GroupLog(string group)
{
    private const int Overhead = 256; // what a group costs besides its messages, roughly
    private const int SmallestRing = 8;

    private readonly string _epoch = HistoryPosition.NewEpoch();
    private Entry[] _ring = []; // its length is a power of two
    private int _oldest;
    private int _count;
    private long _newest;

    public string Group { get; } = group;

    /// <summary>Roughly, with what the group itself costs.</summary>
    public long Bytes { get; private set; } = Overhead;

    /// <summary>When it was last written or read; null before.</summary>
    public long? UsedAt { get; set; }

    /// <summary>Whoever comes now has to look for its successor.</summary>
    public bool Forgotten { get; set; }

    private HistoryPosition Newest => new(_epoch, _newest);

    /// <summary>Writes a message down; gives it with its position.</summary>
    public ChannelMessage Append(ChannelMessage message, long now, HistoryOptions options)
    {
        var stamped = message.At(new(Group, new(_epoch, ++_newest)));
        var entry = new Entry(stamped, MessageSize.Of(stamped), now);
        if (_count == _ring.Length)
        {
            Grow();
        }

        _ring[(_oldest + _count++) & (_ring.Length - 1)] = entry;
        Bytes += entry.Bytes;
        while (_count > options.MaxMessages || (_count > 1 && Bytes - Overhead > options.MaxBytes))
        {
            DropOldest();
        }

        return stamped;
    }

    /// <summary>Drops what was written at that time or before.</summary>
    public void Trim(long until)
    {
        while (_count > 0 && _ring[_oldest].At <= until)
        {
            DropOldest();
        }
    }

    /// <summary>At most so many messages behind a position, if none that followed it is gone.</summary>
    public HistoryPage Read(HistoryPosition after, int max)
    {
        var firstKept = _newest - _count + 1;
        var first = after == HistoryPosition.Oldest ? firstKept : after.Offset + 1;
        if (first < firstKept || first > _newest + 1 || (after != HistoryPosition.Oldest && after.Epoch != _epoch))
        {
            return new([], Newest, Gone: true);
        }

        var messages = new ChannelMessage[Math.Min(max, _newest + 1 - first)];
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i] = _ring[(_oldest + (int)(first - firstKept) + i) & (_ring.Length - 1)].Message;
        }

        return new(messages, Newest, Gone: false);
    }

    private void DropOldest()
    {
        Bytes -= _ring[_oldest].Bytes;
        _ring[_oldest] = default;
        _oldest = (_oldest + 1) & (_ring.Length - 1);
        _count--;
    }

    private void Grow()
    {
        var larger = new Entry[Math.Max(SmallestRing, _ring.Length * 2)];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _ring[(_oldest + i) & (_ring.Length - 1)];
        }

        (_ring, _oldest) = (larger, 0);
    }

    private readonly record struct Entry(ChannelMessage Message, long Bytes, long At);
}
