namespace Channels;

/// <summary>
/// The unread messages of one mailbox, oldest first. A single one waits in the struct itself; an array exists only while
/// several have been waiting lately, so that an idle socket holds none and a busy one allocates none.
/// </summary>
internal struct MailboxQueue
{
    // How often the mailbox must have run empty without needing its array before the array is given back.
    private const int CalmRounds = 64;

    private Entry _first;   // the oldest, when it came to an empty mailbox
    private Entry[]? _ring; // the others; the length is a power of two
    private int _ringHead;
    private volatile int _count;
    private byte _calm;
    private bool _ringUsed;

    /// <summary>How many there are; may be read without the mailbox's gate.</summary>
    public readonly int Count => _count;

    /// <summary>When the oldest expires; there must be one.</summary>
    public readonly long OldestExpiresAt => _first.Message is not null ? _first.ExpiresAt : _ring![_ringHead].ExpiresAt;

    /// <summary>The oldest message; there must be one.</summary>
    public readonly ChannelMessage Oldest => _first.Message ?? _ring![_ringHead].Message;

    public void Enqueue(ChannelMessage message, long expiresAt)
    {
        if (_count == 0)
        {
            _first = new(message, expiresAt);
            _count = 1;
            return;
        }

        var waiting = _first.Message is null ? _count : _count - 1;
        var ring = RingFor(waiting);
        ring[(_ringHead + waiting) & (ring.Length - 1)] = new(message, expiresAt);
        _count = _count + 1;
    }

    /// <summary>Removes the oldest; there must be one.</summary>
    public Entry Dequeue()
    {
        Entry entry;
        if (_first.Message is not null)
        {
            entry = _first;
            _first = default;
        }
        else
        {
            entry = _ring![_ringHead]; // what is not in _first is in the ring
            _ring[_ringHead] = default;
            _ringHead = (_ringHead + 1) & (_ring.Length - 1);
        }

        var left = _count - 1;
        _count = left;
        if (left == 0 && _ring is not null)
        {
            ReleaseRingWhenCalm();
        }

        return entry;
    }

    /// <summary>Makes an entry the oldest again.</summary>
    public void PutInFront(Entry entry)
    {
        if (_first.Message is not null)
        {
            var ring = RingFor(_count - 1);
            _ringHead = (_ringHead - 1) & (ring.Length - 1);
            ring[_ringHead] = _first;
        }

        _first = entry;
        _count = _count + 1;
    }

    // With room for one more than are waiting in it.
    private Entry[] RingFor(int waiting)
    {
        _ringUsed = true;
        if (_ring is not null && waiting < _ring.Length)
        {
            return _ring;
        }

        var larger = new Entry[Math.Max(4, waiting * 2)];
        for (var i = 0; i < waiting; i++)
        {
            larger[i] = _ring![(_ringHead + i) & (_ring.Length - 1)]; // waiting is 0 without a ring
        }

        _ringHead = 0;
        return _ring = larger;
    }

    private void ReleaseRingWhenCalm()
    {
        _calm = _ringUsed ? (byte)0 : (byte)(_calm + 1);
        _ringUsed = false;
        if (_calm >= CalmRounds)
        {
            (_ring, _ringHead, _calm) = (null, 0, 0);
        }
    }

    public readonly record struct Entry(ChannelMessage Message, long ExpiresAt);
}
