namespace Channels.Kestrel;

/// <summary>
/// What waits to be written to one socket: control frames in front, then messages up to a limit of count and bytes, then
/// sends that wait for room. Not thread-safe; the writer's lock guards it.
/// </summary>
/// <param name="maxCount">How many messages may wait.</param>
/// <param name="maxBytes">How many bytes may wait; 0 means no limit. One message may exceed it.</param>
internal sealed class OutboundFrames(int maxCount, long maxBytes)
{
    // A peer that pings without reading gets the newest pongs only (RFC 6455, section 5.5.3 allows it).
    private const int MostControls = 64;

    private readonly long _maxBytes = maxBytes <= 0 ? long.MaxValue : maxBytes;
    private readonly Queue<byte[]> _messages = new();
    private Queue<byte[]>? _controls;
    private Queue<PendingSend>? _pending;
    private byte[]? _cut;
    private int _cutOffset;
    private byte[]? _last;

    public long Bytes { get; private set; }

    public bool IsEmpty => _messages.Count == 0 && _cut is null && _last is null && (_controls is null || _controls.Count == 0);

    public long? OldestPending => _pending is { Count: > 0 } ? _pending.Peek().Since : null;

    public bool HasRoomFor(int length) =>
        _pending is null or { Count: 0 } && (_messages.Count == 0 || (_messages.Count < maxCount && Bytes + length <= _maxBytes));

    public void Add(byte[] frames)
    {
        _messages.Enqueue(frames);
        Bytes += frames.Length;
    }

    public void AddPending(PendingSend send) => (_pending ??= new()).Enqueue(send);

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
        if (!_messages.TryDequeue(out var frames))
        {
            return false;
        }

        Bytes -= frames.Length;
        return true;
    }

    /// <summary>The next frames to write: a control frame, the next piece of a cut message, or a whole short message.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> frames)
    {
        if (_controls is not null && _controls.TryDequeue(out var control))
        {
            frames = control;
            return true;
        }

        if (_cut is not null)
        {
            frames = NextPiece();
            return true;
        }

        if (_messages.TryDequeue(out var message))
        {
            Bytes -= message.Length;
            AdmitPending();
            if (FrameWriting.IsCut(message.Length))
            {
                (_cut, _cutOffset) = (message, 0);
                frames = NextPiece();
            }
            else
            {
                frames = message;
            }

            return true;
        }

        (frames, _last) = (_last, null);
        return !frames.IsEmpty;
    }

    /// <summary>Refuses every send that waits for room.</summary>
    public void RefusePending()
    {
        while (_pending is not null && _pending.TryDequeue(out var send))
        {
            send.Refuse();
        }
    }

    /// <summary>Drops the messages that were not begun.</summary>
    public void DropMessages()
    {
        _messages.Clear();
        Bytes = 0;
    }

    public void Clear()
    {
        RefusePending();
        DropMessages();
        (_controls, _cut, _last) = (null, null, null);
    }

    private ReadOnlyMemory<byte> NextPiece()
    {
        var length = Math.Min(FrameWriting.PieceLength, _cut!.Length - _cutOffset); // callers have seen a cut message
        var piece = _cut.AsMemory(_cutOffset, length);
        _cutOffset += length;
        if (_cutOffset == _cut.Length)
        {
            _cut = null;
        }

        return piece;
    }

    private void AdmitPending()
    {
        while (_pending is { Count: > 0 })
        {
            var frames = _pending.Peek().Frames;
            if (_messages.Count > 0 && (_messages.Count >= maxCount || Bytes + frames.Length > _maxBytes))
            {
                return;
            }

            if (_pending.Dequeue().TryAdmit())
            {
                Add(frames);
            }
        }
    }
}
