using Channels.Kestrel;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class FrameMaskTests
{
    [Test]
    [Proves("W-18")]
    public void Masking_is_right_for_every_start_offset_and_length()
    {
        var source = new byte[300];
        Random.Shared.NextBytes(source);
        byte[] key = [0x12, 0x34, 0x56, 0x78];
        var mask = BitConverter.ToUInt32(key);
        for (var position = 0; position < 8; position++)
        {
            for (var length = 0; length < source.Length; length++)
            {
                var unmasked = new byte[length];
                FrameMask.Apply(source.AsSpan(0, length), unmasked, mask, position);
                for (var i = 0; i < length; i++)
                {
                    if (unmasked[i] != (byte)(source[i] ^ key[(position + i) & 3]))
                    {
                        Assert.Fail($"position {position}, length {length}, octet {i}");
                    }
                }
            }
        }
    }

    [Test]
    [Proves("W-18")]
    public void A_zero_mask_changes_nothing()
    {
        var bytes = new byte[100];
        Random.Shared.NextBytes(bytes);
        var copy = bytes.ToArray();
        FrameMask.Apply(copy, copy, 0, 3);
        Assert.That(copy, Is.EqualTo(bytes));
    }
}
