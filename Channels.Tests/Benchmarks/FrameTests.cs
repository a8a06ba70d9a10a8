using System.Buffers;
using System.Text;
using Channels.Benchmarks;

namespace Channels.Tests.Benchmarks;

public sealed class FrameTests
{
    [Test]
    public void A_stamp_survives_the_way_through_any_text()
    {
        var stamp = new Stamp(0xDEADBEEF, uint.MaxValue, 0x0123_4567_89AB_CDEF);
        var bytes = new byte[Stamp.Length + 9];
        bytes.AsSpan().Fill((byte)'"');
        stamp.Write(bytes.AsSpan(4));

        Assert.That(Stamp.TryRead(bytes, out var read), Is.True);
        Assert.That(read, Is.EqualTo(stamp));
        Assert.That(Stamp.TryRead(bytes.AsSpan(0, Stamp.Length), out _), Is.False, "cut off");
        Assert.That(Stamp.TryRead("{\"type\":6}"u8, out _), Is.False, "no stamp");
    }

    [TestCase(64)]
    [TestCase(125)]
    [TestCase(126)]
    [TestCase(100 * 1024)]
    public void A_client_frame_is_masked_and_has_the_size_asked_for(int size)
    {
        var stamp = new Stamp(1, 2, 3);
        var frame = new ClientFrame(Dialect.Json("/"), size).With(stamp).ToArray();
        var buffer = new ReadOnlySequence<byte>(frame);

        Assert.That(LimitFrames.TryRead(ref buffer, out var first, out var payload), Is.True);
        var text = new byte[payload.Length];
        payload.CopyTo(text);
        Assert.Multiple(() =>
        {
            Assert.That(first, Is.EqualTo(0x81));
            Assert.That(text, Has.Length.EqualTo(size));
            Assert.That(buffer.IsEmpty, Is.True);
            Assert.That(Encoding.ASCII.GetString(text), Does.StartWith("{\"text\":\"#").And.EndsWith("\"}"));
            Assert.That(Stamp.TryRead(text, out var read) ? read : default, Is.EqualTo(stamp));
        });
    }

    [Test]
    public void An_envelope_does_not_count_towards_the_payload()
    {
        var size = (Dialect dialect) => new ClientFrame(dialect, 40).With(default).Length;

        Assert.That(size(SignalRDialects.Echo) - size(Dialect.Plain("/")), Is.EqualTo("{\"type\":1,\"target\":\"Echo\",\"arguments\":[\"\"]}\u001e".Length));
    }

    [Test]
    public void A_payload_too_small_for_its_stamp_is_refused()
    {
        Assert.That(() => new ClientFrame(Dialect.Plain("/"), Stamp.Length - 1), Throws.ArgumentException);
    }
}
