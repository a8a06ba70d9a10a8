using System.Numerics;

namespace Channels.Kestrel;

/// <summary>The exclusive-or that every client frame carries (RFC 6455, section 5.3).</summary>
internal static class FrameMask
{
    /// <summary>Copies and unmasks in one pass.</summary>
    /// <param name="source">Masked octets.</param>
    /// <param name="destination">At least as long; may be the same memory as the source.</param>
    /// <param name="mask">The mask, its first octet lowest.</param>
    /// <param name="position">Where in the frame's payload the source begins.</param>
    public static void Apply(ReadOnlySpan<byte> source, Span<byte> destination, uint mask, long position)
    {
        // After turning, the mask's lowest octet belongs to the source's first one. A whole vector is a multiple of four.
        var turned = BitOperations.RotateRight(mask, (int)(position & 3) * 8);
        if (!BitConverter.IsLittleEndian)
        {
            turned = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(turned);
        }

        var done = 0;
        if (Vector.IsHardwareAccelerated && source.Length >= Vector<byte>.Count)
        {
            var wide = Vector.AsVectorByte(new Vector<uint>(turned));
            for (; done <= source.Length - Vector<byte>.Count; done += Vector<byte>.Count)
            {
                (new Vector<byte>(source[done..]) ^ wide).CopyTo(destination[done..]);
            }
        }

        Span<byte> octets = stackalloc byte[4];
        BitConverter.TryWriteBytes(octets, turned);
        for (; done < source.Length; done++)
        {
            destination[done] = (byte)(source[done] ^ octets[done & 3]);
        }
    }
}
