using System.Runtime.CompilerServices;
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

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            socket.Write(frame);
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000.0;
        Assert.That(consumer.Received, Is.EqualTo(1200));

        // 1,000 octets with their header, and the event; less than a byte each leaves room for what the runtime does once.
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
        var first = received.ContinueWith(_ => Written(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        socket.Write([.. RawFrame.ClientText("first"), .. Enumerable.Range(0, 300_000).SelectMany(_ => RawFrame.Client(9, []))]);
        Assert.That(await first, Is.LessThan(200_000), "pongs before the application got the message in front of the pings");
        await Support.Eventually.Is(() => Written() == 300_000 * 2);

        int Written()
        {
            lock (_writes.Writes)
            {
                return _writes.Writes.Sum(write => write.Length);
            }
        }
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
