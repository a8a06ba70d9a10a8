using Channels.Kestrel;

namespace Channels.Fuzzing;

/// <summary>Deflate data of a client, message after message; and that ours can be read.</summary>
internal sealed class DeflateTarget : FuzzTarget
{
    private const int Limit = 32 * 1024;

    public override IEnumerable<byte[]> Seeds =>
    [
        [1, 7, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
        [0, 4, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x01, 0x00, 0x00, 0xff, 0xff],
        [1, 8, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], // ended by the peer
        [0, 200, 0xec, 0xc1, 0x01, 0x0d, 0, 0, 0, 0xc2, 0xa0, 0xf7, 0x4f, 0x6d, 0x0e, 0x37, 0xa0, 0, 0, 0, 0], // unfolds to much
    ];

    public override void Check(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
        {
            return;
        }

        using var inflater = new MessageInflater(keepsWindow: (input[0] & 1) != 0);
        foreach (var message in input[2..].ToArray().Chunk(1 + input[1]))
        {
            var target = new MessageBuffer();
            var fault = Inflate(inflater, message, target);
            Holds(target.Length <= Limit + 1, "a bomb never unfolds");
            target.Release();
            if (fault is not null)
            {
                break; // the connection would end here
            }
        }

        var plain = input[2..].ToArray();
        using var deflater = new MessageDeflater();
        using var other = new MessageInflater(keepsWindow: true);
        for (var times = 0; times < 2; times++)
        {
            var target = new MessageBuffer();
            Holds(Inflate(other, deflater.Deflate(plain).ToArray(), target, int.MaxValue) is null && target.Detach().AsSpan().SequenceEqual(plain), "what we deflate can be inflated");
        }
    }

    private static WebSocketFault? Inflate(MessageInflater inflater, byte[] message, MessageBuffer target, int limit = Limit)
    {
        foreach (var piece in message.Chunk(1024)) // as the reader gives it
        {
            if (inflater.Inflate(piece, target, limit) is { } fault)
            {
                return fault;
            }
        }

        return inflater.EndMessage(target, limit);
    }
}
