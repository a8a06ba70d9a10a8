using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Channels.Benchmarks;

/// <summary>The bytes of a client frame and the mask that lies over them.</summary>
internal readonly ref struct MaskedPayload(ReadOnlySequence<byte> bytes, uint mask)
{
    internal int Length => (int)bytes.Length;

    /// <summary>Copies the payload to <paramref name="target"/> and takes the mask away.</summary>
    internal void CopyTo(Span<byte> target)
    {
        bytes.CopyTo(target);
        target = target[..Length];
        var vectors = MemoryMarshal.Cast<byte, Vector<uint>>(target);
        var wide = new Vector<uint>(mask);
        for (var i = 0; i < vectors.Length; i++) vectors[i] ^= wide;
        for (var i = vectors.Length * Vector<byte>.Count; i < target.Length; i++) target[i] ^= (byte)(mask >> 8 * (i & 3));
    }
}
