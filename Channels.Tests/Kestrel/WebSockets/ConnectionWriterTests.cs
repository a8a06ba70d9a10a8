using System.IO.Pipelines;
using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class ConnectionWriterTests
{
    private readonly Owner _owner = new();
    private readonly ConnectionHeartbeat _heartbeat = new(new ManualTimeProvider());
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 1, useSynchronizationContext: false));

    [Test]
    public void Sending_a_shared_frame_allocates_nothing()
    {
        var writer = Writer(new PipeSink());
        var message = WebSocketSend.FromText(new string('x', 128));
        for (var i = 0; i < 1000; i++)
        {
            writer.TrySend(OutboundMessage.Plain(message.Kind, message.Payload), CancellationToken.None, out _);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            writer.TrySend(OutboundMessage.Plain(message.Kind, message.Payload), CancellationToken.None, out _);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void An_idle_writer_flushes_at_once_and_a_corked_one_in_one_write()
    {
        var sink = new PipeSink();
        var writer = Writer(sink);
        writer.TrySend(Framed([1]), CancellationToken.None, out _);
        Assert.That(sink.Flushes, Is.EqualTo(new[] { 1 }));
        writer.Cork();
        for (var i = 0; i < 10; i++)
        {
            writer.TrySend(Framed([2, 2]), CancellationToken.None, out _);
        }

        Assert.That(sink.Flushes, Has.Count.EqualTo(1));
        writer.Uncork();
        Assert.That(sink.Flushes, Is.EqualTo(new[] { 1, 20 }));
        writer.Uncork();
        Assert.That(sink.Flushes, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_cork_holds_neither_control_frames_nor_much_output()
    {
        var sink = new PipeSink();
        var writer = Writer(sink);
        writer.Cork();
        writer.TrySend(Framed([1]), CancellationToken.None, out _);
        writer.SendControl([9, 9]);
        Assert.That(sink.Flushes, Is.EqualTo(new[] { 1, 2 }));
        writer.TrySend(Framed(new byte[65_000]), CancellationToken.None, out _);
        Assert.That(sink.Flushes, Has.Count.EqualTo(2));
        writer.TrySend(Framed(new byte[1000]), CancellationToken.None, out _);
        Assert.That(sink.Flushes, Is.EqualTo(new[] { 1, 2, 65_000, 1000 }));
    }

    [Test]
    public async Task A_backlog_leaves_together_when_the_flush_before_has_ended()
    {
        var writer = Writer(_pipe.Writer);
        writer.TrySend(Framed(new byte[64 * 1024]), CancellationToken.None, out _);
        for (byte i = 1; i <= 100; i++)
        {
            writer.TrySend(Framed([i]), CancellationToken.None, out _);
        }

        var read = await _pipe.Reader.ReadAsync();
        Assert.That(read.Buffer.Length, Is.EqualTo(64 * 1024));
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        read = await _pipe.Reader.ReadAtLeastAsync(100);
        Assert.That(System.Buffers.BuffersExtensions.ToArray(read.Buffer), Is.EqualTo(Enumerable.Range(1, 100).Select(i => (byte)i)));
    }

    [Test]
    [Proves("W-23", "W-30")]
    public async Task A_pong_goes_between_the_pieces_of_a_large_message([Values] bool framed)
    {
        var writer = Writer(_pipe.Writer);
        var large = framed ? OutboundMessage.Framed(FrameWriting.Message(FrameOpcode.Binary, 0, new byte[300_000])) : OutboundMessage.Plain(WebSocketMessageKind.Binary, new byte[300_000]);
        writer.TrySend(large, CancellationToken.None, out _);
        writer.SendControl(FrameWriting.Control(FrameOpcode.Pong, "p"u8));
        writer.Finish([0x88, 0]);
        var (opcodes, finals) = (new List<int>(), new List<bool>());
        var reader = _pipe.Reader.AsStream();
        while (opcodes.LastOrDefault() != 8)
        {
            var head = new byte[2];
            await reader.ReadExactlyAsync(head);
            var length = head[1] & 0x7f;
            if (length == 126)
            {
                var more = new byte[2];
                await reader.ReadExactlyAsync(more);
                length = (more[0] << 8) | more[1];
            }

            await reader.ReadExactlyAsync(new byte[length]);
            opcodes.Add(head[0] & 15);
            finals.Add((head[0] & 0x80) != 0);
        }

        Assert.That(opcodes, Is.EqualTo(new[] { 2, 10, 0, 0, 0, 0, 8 }));
        Assert.That(finals, Is.EqualTo(new[] { false, true, false, false, false, true, true }));
        Assert.That(_owner.Finished, Is.EqualTo(1));
    }

    [Test]
    [Proves("REL-37")]
    public async Task A_full_queue_makes_senders_wait_in_order()
    {
        var writer = Writer(_pipe.Writer, o => o.MaxOutboundMessageCount = 2);
        writer.TrySend(Framed(new byte[64 * 1024]), CancellationToken.None, out _); // in the pipe, which is full now
        writer.TrySend(Framed([1]), CancellationToken.None, out var first);
        writer.TrySend(Framed([2]), CancellationToken.None, out var second);
        writer.TrySend(Framed([3]), CancellationToken.None, out var third);
        using var cancel = new CancellationTokenSource();
        writer.TrySend(Framed([4]), cancel.Token, out var cancelled);
        writer.TrySend(Framed([5]), CancellationToken.None, out var fifth);
        Assert.That((first.IsCompleted, second.IsCompleted, third.IsCompleted, fifth.IsCompleted), Is.EqualTo((true, true, false, false)));
        Assert.That((_owner.Blocked, writer.BlockedSince), Is.EqualTo((3, 0L)));
        await cancel.CancelAsync();
        Assert.CatchAsync<OperationCanceledException>(async () => await cancelled);

        var read = await _pipe.Reader.ReadAsync();
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        await third;
        await fifth;
        read = await _pipe.Reader.ReadAtLeastAsync(4);
        Assert.That(System.Buffers.BuffersExtensions.ToArray(read.Buffer), Is.EqualTo(new byte[] { 1, 2, 3, 5 }));
        Assert.That(writer.BlockedSince, Is.Null);
    }

    [TestCase(SlowClientPolicy.DropOldest, 4, 5)]
    [TestCase(SlowClientPolicy.DropNewest, 1, 2)]
    public async Task Drop_policies_never_wait_and_report_each_episode_once(SlowClientPolicy policy, int one, int two)
    {
        var writer = Writer(_pipe.Writer, o => (o.SlowClientPolicy, o.MaxOutboundMessageCount) = (policy, 2));
        writer.TrySend(Framed(new byte[64 * 1024]), CancellationToken.None, out _);
        for (byte i = 1; i <= 5; i++)
        {
            writer.TrySend(Framed([i]), CancellationToken.None, out var accepted);
            Assert.That(accepted.IsCompletedSuccessfully);
        }

        Assert.That((_owner.Dropped, _owner.Episodes), Is.EqualTo((3, 1)));
        var read = await _pipe.Reader.ReadAsync();
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        read = await _pipe.Reader.ReadAtLeastAsync(2);
        Assert.That(System.Buffers.BuffersExtensions.ToArray(read.Buffer), Is.EqualTo(new[] { (byte)one, (byte)two }));
    }

    [Test]
    public async Task After_the_last_frame_nothing_is_taken_and_waiting_senders_fail()
    {
        var writer = Writer(_pipe.Writer, o => o.MaxOutboundMessageCount = 1);
        writer.TrySend(Framed(new byte[64 * 1024]), CancellationToken.None, out _);
        writer.TrySend(Framed([1]), CancellationToken.None, out _);
        writer.TrySend(Framed([2]), CancellationToken.None, out var waiting);
        Assert.That(writer.Finish([8]), Is.True);
        Assert.That(writer.Finish([8]), Is.False);
        Assert.That(writer.TrySend(Framed([3]), CancellationToken.None, out _), Is.False);
        Assert.ThrowsAsync<ConnectionClosedException>(async () => await waiting);
        Assert.That(_owner.Finished, Is.Zero);
        var read = await _pipe.Reader.ReadAsync();
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        read = await _pipe.Reader.ReadAtLeastAsync(2);
        Assert.That(System.Buffers.BuffersExtensions.ToArray(read.Buffer), Is.EqualTo(new byte[] { 1, 8 }));
        await Support.Eventually.Is(() => _owner.Finished == 1);
    }

    [Test]
    public void A_transport_that_is_gone_is_reported_once()
    {
        var writer = Writer(_pipe.Writer);
        _pipe.Reader.Complete();
        writer.TrySend(Framed([1]), CancellationToken.None, out _);
        Assert.That(writer.TrySend(Framed([1]), CancellationToken.None, out _), Is.False);
        Assert.That((_owner.Failed, _owner.Finished), Is.EqualTo((1, 1)));
        writer.Abort();
        Assert.That(_owner.Finished, Is.EqualTo(1));
    }

    [Test]
    [Proves("REL-33")]
    public async Task Concurrent_senders_never_mix_frames_and_keep_their_order()
    {
        var writer = Writer(_pipe.Writer);
        var senders = Enumerable.Range(0, 4).Select(sender => Task.Run(async () =>
        {
            for (var i = 0; i < 5000; i++)
            {
                writer.TrySend(Framed(Encoding.ASCII.GetBytes($"{sender}:{i:0000}\n")), CancellationToken.None, out var accepted);
                await accepted;
            }
        })).ToArray();
        using var reader = new StreamReader(_pipe.Reader.AsStream());
        var next = new int[4];
        for (var lines = 0; lines < 20_000; lines++)
        {
            var line = await reader.ReadLineAsync();
            var sender = line![0] - '0';
            Assert.That(line, Is.EqualTo($"{sender}:{next[sender]++:0000}"));
        }

        await Task.WhenAll(senders);
    }

    private static OutboundMessage Framed(params byte[] frames) => OutboundMessage.Framed(frames);

    private ConnectionWriter Writer(PipeWriter output, Action<WebSocketServerOptions>? configure = null)
    {
        var options = new WebSocketServerOptions();
        configure?.Invoke(options);
        var writer = new ConnectionWriter(options, _heartbeat, new WebSocketMetrics(new ChannelsMetrics(), TimeProvider.System), encoder: null, _owner);
        writer.Attach(output);
        return writer;
    }

    private sealed class Owner : IConnectionWriterOwner
    {
        public int Blocked { get; private set; }

        public int Dropped { get; private set; }

        public int Episodes { get; private set; }

        public int Failed { get; private set; }

        public int Finished { get; private set; }

        public void OnOutputBlocked() => Blocked++;

        public void OnOutputDropped(bool firstOfEpisode) => (Dropped, Episodes) = (Dropped + 1, Episodes + (firstOfEpisode ? 1 : 0));

        public void OnOutputFailed() => Failed++;

        public void OnOutputFinished() => Finished++;
    }

    /// <summary>Takes everything at once and remembers how much each flush carried.</summary>
    private sealed class PipeSink : PipeWriter
    {
        private readonly byte[] _buffer = new byte[256 * 1024];
        private int _pending;

        public List<int> Flushes { get; } = new(10_000);

        public override void Advance(int bytes) => _pending += bytes;

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Flushes.Add(_pending);
            _pending = 0;
            return default;
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;
    }
}
