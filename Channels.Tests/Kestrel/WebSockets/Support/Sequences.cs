using System.Buffers;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>Input in several segments, as a pipe gives it.</summary>
internal static class Sequences
{
    public static ReadOnlySequence<byte> Of(params byte[][] segments)
    {
        if (segments.Length == 0)
        {
            return default;
        }

        var first = new Segment(segments[0], null);
        var last = first;
        foreach (var segment in segments.Skip(1))
        {
            last = new Segment(segment, last);
        }

        return new(first, 0, last, last.Memory.Length);
    }

    /// <summary>Cuts the bytes at random places.</summary>
    public static byte[][] Cut(byte[] bytes, Random random, int most)
    {
        var parts = new List<byte[]>();
        for (var start = 0; start < bytes.Length;)
        {
            var length = Math.Min(bytes.Length - start, random.Next(1, most + 1));
            parts.Add(bytes[start..(start + length)]);
            start += length;
        }

        return [.. parts];
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
