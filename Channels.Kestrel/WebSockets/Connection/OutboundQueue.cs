namespace Channels.Kestrel;

/// <summary>
/// What waits to be written to one socket: control frames in front, then messages up to a limit of count and bytes, then
/// sends that wait for room. Not thread-safe; the writer's lock guards it.
/// </summary>
/// <param name="maxCount">How many messages may wait.</param>
/// <param name="maxBytes">How many bytes may wait; 0 means no limit. One message may exceed it.</param>
/// <param name="memory">Whose memory it is; null when nobody counts.</param>
internal sealed class OutboundQueue(int maxCount, long maxBytes, MemoryHolder? memory = null)
{
    // A peer that pings without reading gets the newest pongs only (RFC 6455, section 5.5.3 allows it).
    private const int MostControls = 64;

    private readonly long _maxBytes = maxBytes <= 0 ? long.MaxValue : maxBytes;
    private readonly Queue<OutboundMessage> _messages = new();
    private Queue<byte[]>? _controls;
    private Queue<PendingSend>? _pending;
    private OutboundMessage _begun;
    private int _begunTo = -1;
    private byte[]? _last;
    private MemoryShare _counted;
    private long _held; // also of the message that is being written, and of those that wait for room

    /// <summary>The bytes that wait and count against the limit.</summary>
    public long Bytes { get; private set; }

    public bool IsEmpty => _messages.Count == 0 && _begunTo < 0 && _last is null && (_controls is null || _controls.Count == 0);

    public long? OldestPending => _pending is { Count: > 0 } ? _pending.Peek().Since : null;

    /// <summary>Whether a message may wait.</summary>
    /// <param name="length">Its length.</param>
    /// <param name="inTransport">What the transport has been given and has not taken: it waits as well.</param>
    public bool HasRoomFor(int length, long inTransport) =>
        _pending is null or { Count: 0 } && (_messages.Count == 0 || (_messages.Count < maxCount && Bytes + inTransport + length <= _maxBytes));

    public void Add(in OutboundMessage message)
    {
        _messages.Enqueue(message);
        Bytes += message.Length;
        Hold(message.Length);
    }

    public void AddPending(PendingSend send)
    {
        (_pending ??= new()).Enqueue(send);
        Hold(send.Message.Length);
    }

    public void AddControl(byte[] frame)
    {
        _controls ??= new();
        if (_controls.Count == MostControls)
        {
            _controls.Dequeue();
        }

        _controls.Enqueue(frame);
    }

    public void SetLast(byte[]? closeFrame) => _last = closeFrame;

    public bool TryDropOldest()
    {
        if (!_messages.TryDequeue(out var message))
        {
            return false;
        }

        Bytes -= message.Length;
        Hold(-message.Length);
        return true;
    }

    /// <summary>The next to write: a control frame, the next piece of a long message, or a whole short one.</summary>
    public bool TryTake(out OutboundPiece piece)
    {
        if (_controls is not null && _controls.TryDequeue(out var control))
        {
            piece = new(0, control);
            return true;
        }

        if (_begunTo >= 0)
        {
            piece = NextPiece();
            return true;
        }

        if (_messages.TryDequeue(out var message))
        {
            Bytes -= message.Length;
            AdmitPending();
            if (message.IsLong)
            {
                (_begun, _begunTo) = (message, 0);
                piece = NextPiece();
            }
            else
            {
                piece = message.ToPiece();
                Hold(-message.Length);
            }

            return true;
        }

        (var last, _last) = (_last, null);
        piece = new(0, last);
        return last is not null;
    }

    /// <summary>Refuses every send that waits for room.</summary>
    public void RefusePending()
    {
        while (_pending is not null && _pending.TryDequeue(out var send))
        {
            Hold(-send.Message.Length);
            send.Refuse();
        }
    }

    /// <summary>Drops the messages that were not begun.</summary>
    public void DropMessages()
    {
        _messages.Clear();
        Hold(-Bytes);
        Bytes = 0;
    }

    public void Clear()
    {
        RefusePending();
        DropMessages();
        (_controls, _last) = (null, null);
        EndBegun();
    }

    private OutboundPiece NextPiece()
    {
        var piece = _begun.NextPiece(ref _begunTo);
        if (_begunTo == _begun.Length)
        {
            EndBegun();
        }

        return piece;
    }

    private void EndBegun()
    {
        Hold(-_begun.Length);
        (_begun, _begunTo) = (default, -1);
    }

    private void Hold(long bytes)
    {
        _held += bytes;
        _counted.Set(_held, memory);
    }

    private void AdmitPending()
    {
        while (_pending is { Count: > 0 })
        {
            var message = _pending.Peek().Message;
            if (_messages.Count > 0 && (_messages.Count >= maxCount || Bytes + message.Length > _maxBytes))
            {
                return;
            }

            Hold(-message.Length);
            if (_pending.Dequeue().TryAdmit())
            {
                Add(message);
            }
        }
    }
}
