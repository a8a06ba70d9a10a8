using System.Buffers.Binary;
using System.Text;

namespace Channels.Benchmarks;

/// <summary>A masked client frame made once; only the stamp inside is written anew for every message.</summary>
internal sealed class ClientFrame
{
    private const byte FinalText = 0x81;
    private static readonly byte[] Mask = [0x37, 0xFA, 0x21, 0x3D];

    private readonly byte[] _bytes;
    private readonly int _payloadStart;
    private readonly int _stampStart;

    internal ClientFrame(Dialect dialect, int payloadBytes)
    {
        var around = Encoding.UTF8.GetByteCount(dialect.Prefix) + Encoding.UTF8.GetByteCount(dialect.Suffix);
        var padding = payloadBytes + dialect.EnvelopeBytes - around - Stamp.Length;
        if (padding < 0)
            throw new ArgumentException($"A payload of {payloadBytes} bytes is too small for {around - dialect.EnvelopeBytes + Stamp.Length} bytes of frame and stamp.", nameof(payloadBytes));
        var payload = Encoding.UTF8.GetBytes(dialect.Prefix + new string('x', Stamp.Length + padding) + dialect.Suffix);
        _bytes = Encode(FinalText, payload, out _payloadStart);
        _stampStart = Encoding.UTF8.GetByteCount(dialect.Prefix);
    }

    /// <summary>The whole frame with the given stamp; valid until the next call.</summary>
    internal ReadOnlySpan<byte> With(scoped in Stamp stamp)
    {
        var target = _bytes.AsSpan(_payloadStart + _stampStart, Stamp.Length);
        stamp.Write(target);
        for (var i = 0; i < target.Length; i++) target[i] ^= Mask[(_stampStart + i) & 3];
        return _bytes;
    }

    /// <summary>A masked frame with the given first byte (final bit and opcode).</summary>
    internal static byte[] Encode(byte first, ReadOnlySpan<byte> payload) => Encode(first, payload, out _);

    private static byte[] Encode(byte first, ReadOnlySpan<byte> payload, out int payloadStart)
    {
        var lengthBytes = payload.Length <= 125 ? 0 : payload.Length <= ushort.MaxValue ? 2 : 8;
        payloadStart = 2 + lengthBytes + Mask.Length;
        var bytes = new byte[payloadStart + payload.Length];
        bytes[0] = first;
        bytes[1] = (byte)(0x80 | (lengthBytes == 0 ? payload.Length : lengthBytes == 2 ? 126 : 127));
        if (lengthBytes == 2) BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)payload.Length);
        if (lengthBytes == 8) BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(2), (ulong)payload.Length);
        Mask.CopyTo(bytes.AsSpan(2 + lengthBytes));
        for (var i = 0; i < payload.Length; i++) bytes[payloadStart + i] = (byte)(payload[i] ^ Mask[i & 3]);
        return bytes;
    }
}
