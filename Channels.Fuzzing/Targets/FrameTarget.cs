using System.Buffers;
using System.Security.Cryptography;
using Channels.Kestrel;

namespace Channels.Fuzzing;

/// <summary>
/// Frames of a client. The first octet says whether messages may be compressed, the second how the rest is cut: however it
/// is cut, the same comes out.
/// </summary>
internal sealed class FrameTarget : FuzzTarget
{
    private const int MaxMessage = 4096;

    public override IEnumerable<byte[]> Seeds =>
    [
        [0, 3, 0x81, 0x85, 1, 2, 3, 4, 0x49, 0x67, 0x6f, 0x68, 0x6e], // "Hello"
        [0, 1, 0x01, 0x81, 0, 0, 0, 0, 0xce, 0x89, 0x80, 0, 0, 0, 0, 0x80, 0x81, 0, 0, 0, 0, 0xba], // one letter in two frames, a ping between
        [0, 7, 0x82, 0xfe, 0x00, 0x7e, 0, 0, 0, 0, .. new byte[126]],
        [1, 2, 0xc1, 0x87, 0, 0, 0, 0, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xc1, 0x83, 0, 0, 0, 0, 0x02, 0x11, 0x00], // twice "Hello", compressed
        [0, 5, 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8],
    ];

    public override void Check(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
        {
            return;
        }

        var (compressed, step) = ((input[0] & 1) != 0, 1 + (input[1] % 32));
        var octets = input[2..].ToArray();
        var whole = Read(compressed, [octets]);
        Holds(whole == Read(compressed, octets.Chunk(step)), "frames mean the same however they are cut");
    }

    private static string Read(bool compressed, IEnumerable<byte[]> parts)
    {
        var story = new System.Text.StringBuilder();
        using var reader = new MessageReader(MaxMessage, 0, compressed ? new MessageInflater(keepsWindow: true) : null);
        byte[] rest = [];
        foreach (var part in parts)
        {
            var input = Joined(rest, part);
            ReadOutcome outcome;
            while ((outcome = reader.Read(ref input)) is not (ReadOutcome.NeedMore or ReadOutcome.Fault))
            {
                if (outcome is ReadOutcome.Message or ReadOutcome.Close or ReadOutcome.Ping or ReadOutcome.Pong)
                {
                    story.Append(outcome).Append(Describe(reader, outcome)).Append('\n');
                }
            }

            if (outcome == ReadOutcome.Fault)
            {
                return story.Append(reader.Fault!.Code).ToString(); // set with the outcome; of several reasons the first to be seen is told
            }

            rest = input.ToArray();
        }

        return story.ToString();
    }

    private static string Describe(MessageReader reader, ReadOutcome outcome)
    {
        if (outcome != ReadOutcome.Message)
        {
            Holds(reader.Control.Length <= 125, "a control frame is short");
            if (outcome == ReadOutcome.Close && CloseFrame.TryParse(reader.Control, out var code, out var reason) is null)
            {
                Holds(CloseFrame.Encode(code, reason).AsSpan(2).SequenceEqual(reader.Control), "a close frame is written as it was read");
            }

            return Convert.ToHexString(reader.Control);
        }

        var message = reader.TakeMessage();
        Holds(message.Length <= MaxMessage, "no message is longer than allowed");
        Holds(reader.Kind != WebSocketMessageKind.Text || System.Text.Unicode.Utf8.IsValid(message), "text is UTF-8");
        return $"{reader.Kind} {message.Length} {Convert.ToHexString(SHA256.HashData(message))}";
    }

    private static ReadOnlySequence<byte> Joined(byte[] rest, byte[] part)
    {
        var first = new Segment(rest, 0);
        var last = new Segment(part, rest.Length);
        first.Append(last);
        return rest.Length == 0 ? new(part) : new(first, 0, last, part.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] octets, long index) => (Memory, RunningIndex) = (octets, index);

        public void Append(Segment next) => Next = next;
    }
}
