using System.IO.Pipelines;
using System.Text;
using Channels.Extending;
using Channels.Kestrel;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>How messages leave: at once or together, in order, within limits, without garbage.</summary>
public sealed class OutputTests
{
    private readonly WriteLog _writes = new();
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 1, useSynchronizationContext: false));

    [Test]
    public async Task Sending_a_shared_message_allocates_nothing()
    {
        _writes.Keeps = false;
        var socket = await InMemorySocket.OpenAsync(_writes);
        var message = WebSocketSend.FromText(new string('x', 128));
        var events = new Event[] { message, message };
        var allocated = Allocations.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                _ = socket.Send(message, CancellationToken.None).IsCompletedSuccessfully;
                _ = socket.Outbox.TrySend(events);
            }
        });
        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public async Task Messages_leave_at_once_and_what_is_held_leaves_in_one_write()
    {
        var socket = await InMemorySocket.OpenAsync(_writes);
        await socket.Send(WebSocketSend.FromText("1"));
        Assert.That(Lengths(), Is.EqualTo(new[] { 3 }));
        socket.Outbox.Hold();
        for (var i = 0; i < 10; i++)
        {
            await socket.Send(WebSocketSend.FromText("22"));
        }

        Assert.That(Lengths(), Has.Length.EqualTo(1));
        socket.Outbox.Flush();
        Assert.That(Lengths(), Is.EqualTo(new[] { 3, 40 }));
        socket.Outbox.Flush();
        Assert.That(Lengths(), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Holding_stops_neither_pongs_nor_much_output()
    {
        var socket = await InMemorySocket.OpenAsync(_writes);
        socket.Outbox.Hold();
        await socket.Send(WebSocketSend.FromText("1"));
        socket.Write(RawFrame.Client(9, []));
        Assert.That(Lengths(), Is.EqualTo(new[] { 3, 2 }));
        await socket.Send(WebSocketSend.FromBinary(new byte[65_000]));
        Assert.That(Lengths(), Has.Length.EqualTo(2));
        await socket.Send(WebSocketSend.FromBinary(new byte[1000]));
        Assert.That(Lengths(), Is.EqualTo(new[] { 3, 2, 65_004, 1004 }));
    }

    [Test]
    public async Task The_outbox_takes_messages_up_to_the_first_event_that_is_none()
    {
        var socket = await InMemorySocket.OpenAsync(_writes);
        Assert.That(socket.Outbox.Send, Is.SameAs(socket.Send));
        Assert.That(socket.Outbox.TrySend([WebSocketSend.FromText("a"), WebSocketSend.FromText("b"), new WebSocketClose(), WebSocketSend.FromText("c")]), Is.EqualTo(2));
        Assert.That(Lengths().Sum(), Is.EqualTo(6));
        await socket.Send(new WebSocketClose());
        Assert.That(socket.Outbox.TrySend([WebSocketSend.FromText("d")]), Is.Zero);
    }

    [Test]
    public async Task The_outbox_tells_of_input_that_waits()
    {
        var socket = await InMemorySocket.OpenAsync(_writes);
        Assert.That(socket.Outbox.HasMoreInput, Is.False);
        socket.Write(RawFrame.ClientText("x"));
        Assert.That(socket.Outbox.HasMoreInput, Is.True);
        await socket.Receive(CancellationToken.None);
        Assert.That(socket.Outbox.HasMoreInput, Is.False);
    }

    [Test]
    public async Task A_backlog_leaves_together_when_the_write_before_has_ended()
    {
        var socket = await FilledAsync();
        for (byte i = 1; i <= 100; i++)
        {
            await socket.Send(WebSocketSend.FromBinary(new[] { i }));
        }

        await DrainAsync();
        var read = await _pipe.Reader.ReadAtLeastAsync(300);
        Assert.That(Messages(read.Buffer), Is.EqualTo(Enumerable.Range(1, 100).Select(i => (byte)i)));
    }

    [Test]
    [Proves("W-23", "W-30")]
    public async Task A_pong_goes_between_the_pieces_of_a_large_message([Values] bool compressing)
    {
        var socket = await InMemorySocket.OpenAsync(_pipe.Writer, options => options.Compression = compressing);
        await socket.Send(new WebSocketSend(WebSocketMessageKind.Binary, new byte[300_000]) { DisableCompression = true }); // a frame made for all, or one written here
        socket.Write(RawFrame.Client(9, "p"u8));
        await socket.Send(new WebSocketClose());
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
    }

    [Test]
    [Proves("REL-37")]
    public async Task A_full_queue_makes_senders_wait_in_order()
    {
        var socket = await FilledAsync(options => options.MaxOutboundMessageCount = 2);
        var first = Send(socket, 1);
        var second = Send(socket, 2);
        var third = Send(socket, 3);
        using var cancel = new CancellationTokenSource();
        var cancelled = Send(socket, 4, cancel.Token);
        var fifth = Send(socket, 5);
        Assert.That((first.IsCompleted, second.IsCompleted, third.IsCompleted, fifth.IsCompleted), Is.EqualTo((true, true, false, false)));
        await cancel.CancelAsync();
        Assert.CatchAsync<OperationCanceledException>(async () => await cancelled);

        await DrainAsync();
        await third;
        await fifth;
        var read = await _pipe.Reader.ReadAtLeastAsync(12);
        Assert.That(Messages(read.Buffer), Is.EqualTo(new byte[] { 1, 2, 3, 5 }));
    }

    [TestCase(SlowClientPolicy.DropOldest, 4, 5)]
    [TestCase(SlowClientPolicy.DropNewest, 1, 2)]
    public async Task Drop_policies_never_wait_and_keep_what_they_say(SlowClientPolicy policy, int one, int two)
    {
        var socket = await FilledAsync(options => (options.SlowClientPolicy, options.MaxOutboundMessageCount) = (policy, 2));
        for (byte i = 1; i <= 5; i++)
        {
            Assert.That(Send(socket, i).IsCompletedSuccessfully);
        }

        await DrainAsync();
        var read = await _pipe.Reader.ReadAtLeastAsync(6);
        Assert.That(Messages(read.Buffer), Is.EqualTo(new[] { (byte)one, (byte)two }));
    }

    [Test]
    public async Task After_a_close_what_was_taken_still_leaves_and_waiting_senders_fail()
    {
        var socket = await FilledAsync(options => options.MaxOutboundMessageCount = 1);
        _ = Send(socket, 1);
        var waiting = Send(socket, 2);
        await socket.Send(new WebSocketClose(4000));
        Assert.ThrowsAsync<ConnectionClosedException>(async () => await waiting);
        Assert.ThrowsAsync<ConnectionClosedException>(async () => await Send(socket, 3));
        await DrainAsync();
        var read = await _pipe.Reader.ReadAtLeastAsync(7);
        Assert.That(System.Buffers.BuffersExtensions.ToArray(read.Buffer), Is.EqualTo(new byte[] { 0x82, 1, 1, 0x88, 2, 4000 >> 8, 4000 & 0xff }));
    }

    [Test]
    public async Task A_transport_that_is_gone_ends_the_connection_as_lost()
    {
        var socket = await InMemorySocket.OpenAsync(_pipe.Writer);
        _pipe.Reader.Complete();
        await Send(socket, 1);
        Assert.ThrowsAsync<ConnectionClosedException>(async () => await Send(socket, 2));
        Assert.That(await socket.Receive(CancellationToken.None), Is.EqualTo(new WebSocketDisconnect(1006)));
    }

    [Test]
    [Proves("REL-33")]
    public async Task Concurrent_senders_never_mix_frames_and_keep_their_order()
    {
        var socket = await InMemorySocket.OpenAsync(_pipe.Writer);
        var senders = Enumerable.Range(0, 4).Select(sender => Task.Run(async () =>
        {
            for (var i = 0; i < 5000; i++)
            {
                await socket.Send(WebSocketSend.FromText($"{sender}:{i:0000}"));
            }
        })).ToArray();
        var reader = _pipe.Reader.AsStream();
        var next = new int[4];
        var frame = new byte[2 + 6];
        for (var lines = 0; lines < 20_000; lines++)
        {
            await reader.ReadExactlyAsync(frame);
            var sender = frame[2] - '0';
            Assert.That(Encoding.ASCII.GetString(frame, 2, 6), Is.EqualTo($"{sender}:{next[sender]++:0000}"));
        }

        await Task.WhenAll(senders);
    }

    [TestCase(0, 0)]
    [TestCase(60_000, 48 * 1024)]
    [Proves("FG-1")]
    public async Task What_a_full_transport_holds_is_counted_and_no_more(int length, int atLeast)
    {
        var memory = new MemoryBudget(0, TimeProvider.System);
        var full = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var socket = await InMemorySocket.OpenAsync(full.Writer, memory: memory);
        await socket.Send(WebSocketSend.FromBinary(new byte[length]));
        Assert.That(memory.Used, Is.InRange(atLeast, 64 * 1024 * (length > 0 ? 1 : 0)));
        full.Reader.AdvanceTo((await full.Reader.ReadAsync()).Buffer.End);
        await Support.Eventually.Is(() => memory.Used == 0);
    }

    private static Task Send(InMemorySocket socket, byte content, CancellationToken cancellationToken = default) =>
        socket.Send(WebSocketSend.FromBinary(new[] { content }), cancellationToken).AsTask();

    // A socket whose transport takes nothing more at the moment.
    private async Task<InMemorySocket> FilledAsync(Action<WebSocketServerOptions>? configure = null)
    {
        var socket = await InMemorySocket.OpenAsync(_pipe.Writer, configure);
        await socket.Send(WebSocketSend.FromBinary(new byte[65_535]));
        return socket;
    }

    private async Task DrainAsync()
    {
        var read = await _pipe.Reader.ReadAtLeastAsync(65_539);
        Assert.That(read.Buffer.Length, Is.EqualTo(65_539), "nothing more is in the pipe");
        _pipe.Reader.AdvanceTo(read.Buffer.End);
    }

    // The payloads of frames of one byte each.
    private static byte[] Messages(in System.Buffers.ReadOnlySequence<byte> frames) =>
        [.. System.Buffers.BuffersExtensions.ToArray(frames).Where((_, i) => i % 3 == 2)];

    private int[] Lengths()
    {
        lock (_writes.Writes)
        {
            return [.. _writes.Writes.Select(write => write.Length)];
        }
    }
}
