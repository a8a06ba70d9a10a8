namespace Channels.Kestrel;

/// <summary>One message for the wire: frames that are ready, or a payload whose headers are written on the way out.</summary>
/// <remarks>
/// A header of two or four octets costs less to write per socket than a framed copy of the payload costs to make, so
/// only compressed messages come as frames.
/// </remarks>
internal readonly struct OutboundMessage
{
    private readonly byte _first;

    private OutboundMessage(ReadOnlyMemory<byte> bytes, byte first) => (Bytes, _first) = (bytes, first);

    public ReadOnlyMemory<byte> Bytes { get; }

    public int Length => Bytes.Length;

    /// <summary>True when it does not leave in one piece, so that a pong may go between.</summary>
    public bool IsLong => _first == 0 ? FrameWriting.IsCut(Length) : Length > ushort.MaxValue;

    public static OutboundMessage Framed(byte[] frames) => new(frames, 0);

    public static OutboundMessage Plain(WebSocketMessageKind kind, ReadOnlyMemory<byte> payload) => new(payload, (byte)(FrameWriting.Fin | (int)kind));

    /// <summary>A message as an application sends it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="encoder">What makes its frames, once for all sockets; null when its payload goes out as it is.</param>
    public static OutboundMessage Of(WebSocketSend message, WebSocketFrameEncoder? encoder) =>
        encoder is null ? Plain(message.Kind, message.Payload) : Framed(message.GetFrame(encoder));

    /// <summary>The whole of a message that is not long.</summary>
    public OutboundPiece ToPiece() => new(_first, Bytes);

    /// <summary>The next piece of a long message.</summary>
    /// <param name="offset">Where it begins; moved to its end.</param>
    public OutboundPiece NextPiece(ref int offset)
    {
        var start = offset;
        offset = Math.Min(Length, start + (_first == 0 ? FrameWriting.PieceLength : FrameWriting.PiecePayload));
        var bytes = Bytes[start..offset];
        if (_first == 0)
        {
            return new(0, bytes);
        }

        var opcode = start == 0 ? _first & 0x0f : (int)FrameOpcode.Continuation;
        return new((byte)(opcode | (offset == Length ? FrameWriting.Fin : 0)), bytes, IsFrame: true);
    }
}
