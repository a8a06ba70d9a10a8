using System.Buffers.Binary;

namespace Channels.Kestrel;

/// <summary>
/// Server frames: never masked, in the shortest length form. A payload over 65,535 octets is cut into frames of exactly
/// <see cref="PieceLength"/> octets, headers included, so that a writer finds the places where a pong may go between.
/// </summary>
internal static class FrameWriting
{
    /// <summary>A whole piece of a cut message; each but the last has this length.</summary>
    public const int PieceLength = 64 * 1024;

    /// <summary>The longest header we write.</summary>
    public const int LongHeader = 4;

    /// <summary>The payload of a whole piece.</summary>
    public const int PiecePayload = PieceLength - LongHeader;

    /// <summary>Set on a message's last frame.</summary>
    public const byte Fin = 0x80;

    /// <summary>Where the opcode stands in a frame's first octet.</summary>
    public const int OpcodeBits = 0x0f;

    /// <summary>RSV1 of a compressed message's first frame.</summary>
    public const byte Compressed = 0x40;

    /// <summary>True when a message of so many encoded bytes is cut; then every multiple of <see cref="PieceLength"/> is a frame's start.</summary>
    public static bool IsCut(int length) => length > ushort.MaxValue + LongHeader;

    public static byte[] Message(FrameOpcode opcode, byte flags, ReadOnlySpan<byte> payload)
    {
        if (payload.Length <= ushort.MaxValue)
        {
            var header = payload.Length < 126 ? 2 : LongHeader;
            var frame = GC.AllocateUninitializedArray<byte>(header + payload.Length);
            WriteHeader(frame, (byte)(Fin | flags | (byte)opcode), payload.Length);
            payload.CopyTo(frame.AsSpan(header));
            return frame;
        }

        return Cut(opcode, flags, payload);
    }

    public static byte[] Control(FrameOpcode opcode, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[2 + payload.Length];
        WriteHeader(frame, (byte)(Fin | (byte)opcode), payload.Length);
        payload.CopyTo(frame.AsSpan(2));
        return frame;
    }

    private static byte[] Cut(FrameOpcode opcode, byte flags, ReadOnlySpan<byte> payload)
    {
        var pieces = (payload.Length + PiecePayload - 1) / PiecePayload;
        var last = payload.Length - ((pieces - 1) * PiecePayload);
        var frames = GC.AllocateUninitializedArray<byte>(checked(((pieces - 1) * PieceLength) + (last < 126 ? 2 : LongHeader) + last));
        var target = frames.AsSpan();
        var first = (byte)(flags | (byte)opcode);
        while (!payload.IsEmpty)
        {
            var piece = payload[..Math.Min(payload.Length, PiecePayload)];
            payload = payload[piece.Length..];
            var header = piece.Length < 126 ? 2 : LongHeader;
            WriteHeader(target, payload.IsEmpty ? (byte)(first | Fin) : first, piece.Length);
            piece.CopyTo(target[header..]);
            target = target[(header + piece.Length)..];
            first = (byte)FrameOpcode.Continuation;
        }

        return frames;
    }

    /// <summary>Writes a frame's header; the payload is at most 65,535 octets long.</summary>
    /// <returns>How many octets the header takes.</returns>
    public static int WriteHeader(Span<byte> frame, byte first, int length)
    {
        frame[0] = first;
        if (length < 126)
        {
            frame[1] = (byte)length;
            return 2;
        }

        frame[1] = 126;
        BinaryPrimitives.WriteUInt16BigEndian(frame[2..], (ushort)length);
        return LongHeader;
    }
}
