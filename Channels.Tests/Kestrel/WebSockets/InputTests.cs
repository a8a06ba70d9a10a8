using System.Runtime.CompilerServices;
using Channels.Extending;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>How messages come in: without garbage, and no faster than the application takes them.</summary>
public sealed class InputTests
{
    private readonly WriteLog _writes = new();

    [Test]
    public async Task An_inbound_message_allocates_its_event_and_its_octets_and_nothing_else()
    {
        var socket = await InMemorySocket.OpenAsync(_writes, options => options.MaxInboundBytes = 0);
        var consumer = new CountingConsumer(socket.Receive);
        consumer.Begin();
        var frame = RawFrame.ClientText(new string('x', 1000));
        for (var i = 0; i < 200; i++)
        {
            socket.Write(frame);
        }

        var rounds = 0;
        var each = Allocations.Least(() =>
        {
            rounds++;
            for (var i = 0; i < 1000; i++)
            {
                socket.Write(frame);
            }
        }) / 1000.0;
        Assert.That(consumer.Received, Is.EqualTo(200 + (rounds * 1000)));

        // 1,000 octets with their header, and the event; less than a byte each leaves room for what the transport does now and then.
        Assert.That(each, Is.LessThan(1024 + 48 + 1));
    }

    [TestCase(3, 0, 1)]
    [TestCase(64, 1000, 600)]
    public async Task Reading_stops_when_the_application_has_enough_and_goes_on_when_it_has_taken_some(int maxCount, int maxBytes, int length)
    {
        var socket = await InMemorySocket.OpenAsync(_writes, options => (options.MaxInboundMessageCount, options.MaxInboundBytes) = (maxCount, maxBytes));
        socket.Write([.. Enumerable.Range(0, 5).SelectMany(i => RawFrame.Client(2, Enumerable.Repeat((byte)i, length).ToArray()))]);
        socket.Write(RawFrame.Client(9, []));
        Assert.That(_writes.Writes, Is.Empty, "no pong: the ping has not been read");
        for (var i = 0; i < 5; i++)
        {
            var message = (WebSocketReceive)await socket.Receive(CancellationToken.None);
            Assert.That((message.Payload.Length, message.Payload.Span[0]), Is.EqualTo((length, i)));
        }

        await Support.Eventually.Is(() => { lock (_writes.Writes) { return _writes.Writes.Count == 1; } });
    }

    [Test]
    [Proves("SEC-26")]
    public async Task More_frames_in_a_second_than_allowed_close_with_1008()
    {
        var socket = await InMemorySocket.OpenAsync(_writes, options => options.MaxFramesPerSecond = 10);
        socket.Write([.. Enumerable.Range(0, 10).SelectMany(_ => RawFrame.Client(9, []))]);
        Assert.That(_writes.Writes.Sum(write => write.Length), Is.EqualTo(20));
        socket.Write(RawFrame.Client(9, []));
        Assert.That(await socket.Receive(CancellationToken.None), Is.EqualTo(new WebSocketDisconnect(1008, "too many frames per second")));
    }

    [Test]
    [Proves("FG-10")]
    public async Task Where_nobody_has_set_a_limit_a_hundred_thousand_frames_a_second_are_allowed()
    {
        var socket = await InMemorySocket.OpenAsync(_writes);
        socket.Write([.. RawFrame.Client(1, [], final: false), .. Enumerable.Repeat(RawFrame.Client(0, [], final: false), 99_998).SelectMany(frame => frame), .. RawFrame.Client(0, [])]);
        Assert.That(await socket.Receive(CancellationToken.None).AsTask().WaitAsync(Eventually.Patience), Is.TypeOf<WebSocketReceive>());
        socket.Write(RawFrame.Client(9, []));
        Assert.That(await socket.Receive(CancellationToken.None).AsTask().WaitAsync(Eventually.Patience), Is.EqualTo(new WebSocketDisconnect(1008, "too many frames per second")));
    }

    [Test]
    [Proves("FA-6")]
    public async Task The_close_of_a_peer_that_has_sent_as_many_frames_as_it_may_is_its_close()
    {
        var socket = await InMemorySocket.OpenAsync(_writes, options => options.MaxFramesPerSecond = 10);
        socket.Write([.. Enumerable.Range(0, 10).SelectMany(_ => RawFrame.Client(9, [])), .. RawFrame.ClientClose(4001, "done")]);
        Assert.That(await socket.Receive(CancellationToken.None), Is.EqualTo(new WebSocketDisconnect(4001, "done")));
    }

    [Test]
    [Proves("FG-10")]
    public async Task Fragments_count_as_frames_even_when_they_are_empty()
    {
        var socket = await InMemorySocket.OpenAsync(_writes, options => options.MaxFramesPerSecond = 10);
        socket.Write([.. RawFrame.Client(2, [], final: false), .. Enumerable.Range(0, 10).SelectMany(_ => RawFrame.Client(0, [], final: false))]);
        Assert.That(await socket.Receive(CancellationToken.None), Is.EqualTo(new WebSocketDisconnect(1008, "too many frames per second")));
    }

    [Test]
    [Proves("FG-10")]
    public async Task A_turn_ends_after_a_thousand_frames_so_that_others_get_theirs()
    {
        var socket = await InMemorySocket.OpenAsync(_writes, options => options.MaxFramesPerSecond = 0);
        var received = socket.Receive(CancellationToken.None).AsTask();
        using var delivered = new ManualResetEventSlim();
        _writes.Flushing = () =>
        {
            if (_writes.Written > 100_000)
            {
                delivered.Wait(Eventually.Patience); // else whoever stops the thread that delivers lets the others read on
            }
        };
        var first = received.ContinueWith(
            _ =>
            {
                var written = _writes.Written;
                delivered.Set();
                return written;
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        socket.Write([.. RawFrame.ClientText("first"), .. Enumerable.Range(0, 300_000).SelectMany(_ => RawFrame.Client(9, []))]);
        Assert.That(await first, Is.LessThan(200_000), "pongs before the application got the message in front of the pings");
        await Support.Eventually.Is(() => _writes.Written == 300_000 * 2);
    }

    [TestCase(10, 0)]
    [TestCase(0, 2500)]
    [Proves("FG-10")]
    public async Task What_the_peer_sent_before_its_end_is_read_however_many_turns_it_takes(int messages, int pings)
    {
        var socket = await InMemorySocket.OpenAsync(_writes, options => options.MaxInboundBytes = 0);
        socket.WriteLast([
            .. Enumerable.Range(0, messages).SelectMany(_ => RawFrame.Client(2, new byte[10_000])),
            .. Enumerable.Range(0, pings).SelectMany(_ => RawFrame.Client(9, [])),
            .. RawFrame.ClientClose(4001, "done")]);
        for (var i = 0; i < messages; i++)
        {
            Assert.That(((WebSocketReceive)await socket.Receive(CancellationToken.None)).Payload.Length, Is.EqualTo(10_000));
        }

        Assert.That(await socket.Receive(CancellationToken.None), Is.EqualTo(new WebSocketDisconnect(4001, "done")));
    }

    [TestCase(100, 0, 0)]
    [TestCase(40_000, 64 * 1024, 100 * 1024)]
    [Proves("FG-1")]
    public async Task While_reading_pauses_what_the_transport_holds_is_counted_and_no_more(int length, int atLeast, int atMost)
    {
        var memory = new MemoryBudget(0, TimeProvider.System);
        var socket = await InMemorySocket.OpenAsync(_writes, options => (options.MaxInboundMessageCount, options.MaxInboundBytes) = (1, 0), memory: memory);
        socket.Write([.. RawFrame.ClientText("first"), .. Enumerable.Range(0, 2).SelectMany(_ => RawFrame.Client(2, new byte[length]))]);
        Assert.That(memory.Used, Is.InRange(atLeast, atMost));
        for (var i = 0; i < 3; i++)
        {
            await socket.Receive(CancellationToken.None);
        }

        await Support.Eventually.Is(() => memory.Used == 0);
    }

    /// <summary>Receives for ever, on the thread that delivers.</summary>
    private sealed class CountingConsumer(Receive receive)
    {
        private ConfiguredValueTaskAwaitable<Event>.ConfiguredValueTaskAwaiter _next;
        private Action? _continue;

        public int Received { get; private set; }

        public void Begin()
        {
            _continue = Go;
            Wait();
        }

        private void Wait()
        {
            _next = receive(CancellationToken.None).ConfigureAwait(false).GetAwaiter();
            _next.UnsafeOnCompleted(_continue!);
        }

        private void Go()
        {
            _next.GetResult();
            Received++;
            Wait();
        }
    }
}
