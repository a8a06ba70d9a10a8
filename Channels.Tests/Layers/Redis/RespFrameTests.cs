using System.Buffers;
using System.Text;
using Channels.Layers.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>What a server says to a connection for subscriptions, in both protocols and in pieces of any size.</summary>
public sealed class RespFrameTests
{
    [TestCase("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\n", '*', "message", "a", "\r\n\r\n")]
    [TestCase(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$0\r\n\r\n", '>', "message", "a", "")]
    [TestCase(">3\r\n+subscribe\r\n$1\r\na\r\n:1\r\n", '>', "subscribe", "a", "1")]
    [TestCase("*2\r\n$4\r\npong\r\n$-1\r\n", '*', "pong", "")]
    [TestCase("*-1\r\n", '*')]
    [TestCase("-NOAUTH Authentication required.\r\n", '-', "NOAUTH Authentication required.")]
    [TestCase("%2\r\n+role\r\n+master\r\n+modules\r\n*1\r\n%1\r\n+ver\r\n,1.5\r\n", '%', "role", "master", "modules", "ver", "1.5")]
    public void A_frame_is_read_when_it_is_whole_and_not_before(string frame, char kind, params string[] parts)
    {
        var bytes = Encoding.UTF8.GetBytes(frame);
        var read = new RespFrame();
        for (var length = 0; length < bytes.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.That(read.TryRead(ref part), Is.False);
            Assert.That(part.Length, Is.EqualTo(length), "nothing is taken off");
        }

        var behind = InPieces([.. bytes, .. "+"u8]);
        Assert.That(read.TryRead(ref behind));
        Assert.That(behind.Length, Is.EqualTo(1));
        Assert.That(read.Kind, Is.EqualTo(kind));
        Assert.That(Enumerable.Range(0, read.Count).Select(read.TextOf), Is.EqualTo(parts));
        Assert.That(parts.Select((text, index) => read.Is(index, Encoding.UTF8.GetBytes(text))), Is.All.True);
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\n")]
    [TestCase("$five\r\nhello\r\n")]
    [TestCase("*99999999999999999999\r\n")]
    public void What_is_no_frame_is_refused(string text)
    {
        var bytes = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));
        Assert.That(() => new RespFrame().TryRead(ref bytes), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public void The_value_of_a_key_is_found_in_maps_of_both_protocols()
    {
        foreach (var mark in new[] { "*4", "%2" })
        {
            var bytes = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes($"{mark}\r\n+mode\r\n+role\r\n+role\r\n+replica\r\n"));
            var frame = new RespFrame();
            Assert.That(frame.TryRead(ref bytes));
            Assert.That((frame.ValueOf("role"u8), frame.ValueOf("id"u8)), Is.EqualTo(("replica", (string?)null)));
        }
    }

    private static ReadOnlySequence<byte> InPieces(byte[] bytes)
    {
        Piece first = new(bytes.AsMemory(0, 1)), last = first;
        for (var i = 1; i < bytes.Length; i++)
        {
            last = last.Then(bytes.AsMemory(i, 1));
        }

        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
