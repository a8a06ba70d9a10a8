using System.Buffers;

namespace Channels.Kestrel;

/// <summary>
/// Takes client frames apart and joins them to messages, however the octets are split. Pure: no input or output of its
/// own, one caller at a time. Allocates exactly one array per message when the message is there in one piece.
/// </summary>
/// <param name="maxMessage">The longest message, in bytes after inflation; 0 means no limit.</param>
/// <param name="maxFrame">The longest frame's payload; 0 means no limit.</param>
/// <param name="inflater">Inflates compressed messages; null when compression was not negotiated.</param>
/// <param name="memory">Whose memory an unfinished message is; null when nobody counts.</param>
internal sealed class MessageReader(long maxMessage, long maxFrame, MessageInflater? inflater = null, MemoryHolder? memory = null) : IDisposable
{
    // An array cannot be longer; a message that is would fail anyway, only later.
    private readonly long _maxMessage = maxMessage <= 0 ? Array.MaxLength : Math.Min(maxMessage, Array.MaxLength);
    private readonly long _maxFrame = maxFrame <= 0 ? long.MaxValue : maxFrame;
    private MessageBuffer? _parts;
    private byte[] _control = []; // most peers send empty pongs, and an idle socket should hold nothing for them
    private byte[]? _message;
    private FrameHeader _frame;
    private long _position;
    private int _checked;
    private bool _inFrame;
    private bool _inMessage;
    private bool _compressed;

    /// <summary>The last message's kind.</summary>
    public WebSocketMessageKind Kind { get; private set; }

    /// <summary>The last control frame's body, valid until the next call of <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Control => _control;

    /// <summary>How the peer broke the protocol; null while it did not.</summary>
    public WebSocketFault? Fault { get; private set; }

    /// <summary>True from a message's first octet to its last.</summary>
    public bool IsInsideMessage => _inMessage || _inFrame;

    /// <summary>The message that <see cref="ReadOutcome.Message"/> announced; the caller owns it.</summary>
    public byte[] TakeMessage()
    {
        var message = _message ?? throw new InvalidOperationException("No message is complete.");
        _message = null;
        return message;
    }

    /// <summary>After a fault: how much of the frame at hand has not been taken from the input.</summary>
    public long Unread => _inFrame ? _frame.PayloadLength - _position : 0;

    /// <summary>Goes on until a frame is complete; cuts what it has used from <paramref name="input"/>.</summary>
    public ReadOutcome Read(ref ReadOnlySequence<byte> input)
    {
        while (input.FirstSpan.IsEmpty && !input.IsEmpty)
        {
            var next = input.Start; // a pipe may leave a segment in front that is used up
            input.TryGet(ref next, out _);
            input = input.Slice(next);
        }

        if (!_inFrame)
        {
            if (!FrameHeader.TryRead(input, inflater is not null, out var header, out var fault))
            {
                fault ??= input.IsEmpty ? null : CheckEarly((FrameOpcode)(input.FirstSpan[0] & 0x0f));
                return fault is null ? ReadOutcome.NeedMore : Fail(fault);
            }

            if (header.IsControl)
            {
                return ReadControl(header, ref input);
            }

            if ((CheckEarly(header.Opcode) ?? CheckLimits(header)) is { } refused)
            {
                return Fail(refused);
            }

            input = input.Slice(header.Length);
            if (IsWhole(header, input))
            {
                return ReadWhole(header, ref input);
            }

            BeginFrame(header);
        }

        if (!TakePayload(ref input))
        {
            return Fault is null ? ReadOutcome.NeedMore : ReadOutcome.Fault;
        }

        return _frame.IsFinal ? EndMessage() : ReadOutcome.Fragment;
    }

    public void Dispose()
    {
        _parts?.Release();
        inflater?.Dispose();
    }

    private ReadOutcome Fail(WebSocketFault fault)
    {
        Fault = fault;
        _parts?.Release();
        return ReadOutcome.Fault;
    }

    private WebSocketFault? CheckEarly(FrameOpcode opcode) => opcode switch
    {
        FrameOpcode.Continuation when !_inMessage => WebSocketFault.NothingToContinue,
        FrameOpcode.Text or FrameOpcode.Binary when _inMessage => WebSocketFault.InterruptedMessage,
        _ => null,
    };

    private WebSocketFault? CheckLimits(in FrameHeader header)
    {
        if (header.PayloadLength > _maxFrame)
        {
            return WebSocketFault.FrameTooLong;
        }

        // The inflated length shows only while inflating.
        var compressed = _inMessage ? _compressed : header.IsCompressed;
        return !compressed && header.PayloadLength > _maxMessage - (_parts?.Length ?? 0) ? WebSocketFault.MessageTooLong : null;
    }

    private ReadOutcome ReadControl(in FrameHeader header, ref ReadOnlySequence<byte> input)
    {
        var length = (int)header.PayloadLength;
        if (input.Length < header.Length + length)
        {
            return ReadOutcome.NeedMore;
        }

        _control = length == 0 ? [] : new byte[length];
        input.Slice(header.Length, length).CopyTo(_control);
        FrameMask.Apply(Control, _control, header.Mask, 0);
        input = input.Slice(header.Length + length);
        return header.Opcode switch
        {
            FrameOpcode.Ping => ReadOutcome.Ping,
            FrameOpcode.Pong => ReadOutcome.Pong,
            _ => ReadOutcome.Close,
        };
    }

    private bool IsWhole(in FrameHeader header, in ReadOnlySequence<byte> input) =>
        !_inMessage && header.IsFinal && !header.IsCompressed && input.Length >= header.PayloadLength;

    // The common case: one frame, all of it here.
    private ReadOutcome ReadWhole(in FrameHeader header, ref ReadOnlySequence<byte> input)
    {
        var length = (int)header.PayloadLength;
        var message = length == 0 ? [] : GC.AllocateUninitializedArray<byte>(length);
        if (input.FirstSpan.Length >= length)
        {
            FrameMask.Apply(input.FirstSpan[..length], message, header.Mask, 0);
        }
        else
        {
            var done = 0;
            foreach (var segment in input.Slice(0, length))
            {
                FrameMask.Apply(segment.Span, message.AsSpan(done), header.Mask, done);
                done += segment.Length;
            }
        }

        Kind = (WebSocketMessageKind)header.Opcode;
        input = input.Slice(length);
        if (header.Opcode == FrameOpcode.Text && TextCheck.ValidPrefix(message) != length)
        {
            return Fail(WebSocketFault.NotText);
        }

        _message = message;
        return ReadOutcome.Message;
    }

    private void BeginFrame(in FrameHeader header)
    {
        if (!_inMessage)
        {
            Kind = (WebSocketMessageKind)header.Opcode;
            _compressed = header.IsCompressed;
            _checked = 0;
            _inMessage = true;
            _parts ??= new MessageBuffer(memory);
        }

        (_frame, _position, _inFrame) = (header, 0, true);
    }

    // True when the frame's payload has been taken to its end.
    private bool TakePayload(ref ReadOnlySequence<byte> input)
    {
        while (_position < _frame.PayloadLength)
        {
            var octets = input.FirstSpan;
            if (octets.IsEmpty)
            {
                return false;
            }

            var atHand = Math.Min(input.Length, _frame.PayloadLength - _position);
            octets = octets[..(int)Math.Min(octets.Length, atHand)];
            if ((_compressed ? Inflate(octets) : Append(octets, (int)Math.Min(atHand, int.MaxValue))) is { } fault)
            {
                Fail(fault);
                return false;
            }

            _position += octets.Length;
            input = input.Slice(octets.Length);
        }

        _inFrame = false;
        return true;
    }

    private WebSocketFault? Append(ReadOnlySpan<byte> octets, int atHand)
    {
        var parts = _parts!; // BeginFrame has made it
        var known = _frame.IsFinal ? parts.Length + (_frame.PayloadLength - _position) : 0;
        var position = _position;
        while (!octets.IsEmpty)
        {
            var room = parts.GetRoom(atHand, known);
            if (room.IsEmpty)
            {
                return WebSocketFault.Overloaded;
            }

            room = room[..Math.Min(room.Length, octets.Length)];

            FrameMask.Apply(octets[..room.Length], room, _frame.Mask, position);
            parts.Advance(room.Length);
            position += room.Length;
            atHand -= room.Length;
            octets = octets[room.Length..];
        }

        return CheckText();
    }

    private WebSocketFault? Inflate(ReadOnlySpan<byte> octets)
    {
        Span<byte> plain = stackalloc byte[1024];
        var position = _position;
        while (!octets.IsEmpty)
        {
            var piece = octets[..Math.Min(octets.Length, plain.Length)];
            FrameMask.Apply(piece, plain, _frame.Mask, position);
            if ((inflater!.Inflate(plain[..piece.Length], _parts!, _maxMessage) ?? CheckText()) is { } fault)
            {
                return fault;
            }

            position += piece.Length;
            octets = octets[piece.Length..];
        }

        return null;
    }

    private WebSocketFault? CheckText()
    {
        if (Kind != WebSocketMessageKind.Text)
        {
            return null;
        }

        var valid = TextCheck.ValidPrefix(_parts!.From(_checked));
        _checked += valid;
        return valid < 0 ? WebSocketFault.NotText : null;
    }

    private ReadOutcome EndMessage()
    {
        var parts = _parts!; // BeginFrame has made it
        if (_compressed && (inflater!.EndMessage(parts, _maxMessage) ?? CheckText()) is { } fault)
        {
            return Fail(fault);
        }

        if (Kind == WebSocketMessageKind.Text && _checked != parts.Length)
        {
            return Fail(WebSocketFault.NotText);
        }

        _inMessage = false;
        _message = parts.Detach();
        return ReadOutcome.Message;
    }
}
