using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class InboundPumpTests
{
    private readonly Owner _owner = new();
    private readonly ConnectionHeartbeat _heartbeat = new(new ManualTimeProvider());
    private readonly Pipe _pipe = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));

    [Test]
    public void An_inbound_message_allocates_its_event_and_its_octets_and_nothing_else()
    {
        var events = new InboundEvents(64, 0, new EventsOwner());
        Start(events);
        var consumer = new CountingConsumer(events);
        consumer.Begin();
        var frame = RawFrame.ClientText(new string('x', 1000));
        for (var i = 0; i < 200; i++)
        {
            Write(frame);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Write(frame);
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000.0;
        Assert.That(consumer.Received, Is.EqualTo(1200));
        // 1,000 octets with their header, and the event; less than a byte each leaves room for what the runtime does once.
        Assert.That(each, Is.LessThan(1024 + 48 + 1));
    }

    [Test]
    public void Reading_goes_on_while_the_application_runs_and_stops_when_the_queue_is_full()
    {
        var events = new InboundEvents(3, 0, new EventsOwner());
        var pump = Start(events);
        Assert.That(events.ReceiveAsync(CancellationToken.None).Result, Is.SameAs(WebSocketConnect.Instance));
        Write([.. Enumerable.Range(0, 5).SelectMany(i => RawFrame.ClientText($"{i}"))]);
        Assert.That((pump.IsPaused, _owner.Messages), Is.EqualTo((true, 3)));
        Write(RawFrame.Client(9, []));
        Assert.That(_owner.Pings, Is.Zero);
    }

    [Test]
    public async Task What_a_full_queue_held_back_is_read_when_there_is_room_again()
    {
        InboundPump? pump = null;
        var events = new InboundEvents(2, 0, new EventsOwner(() => pump?.ResumeIfRoom()));
        pump = Start(events);
        await events.ReceiveAsync(CancellationToken.None);
        Write([.. Enumerable.Range(0, 50).SelectMany(i => RawFrame.ClientText($"{i}"))]);
        for (var i = 0; i < 50; i++)
        {
            var message = (WebSocketReceive)await events.ReceiveAsync(CancellationToken.None);
            Assert.That(message.GetText(), Is.EqualTo($"{i}"));
        }
    }

    [Test]
    public void The_byte_limit_pauses_as_well()
    {
        var events = new InboundEvents(64, 1000, new EventsOwner());
        var pump = Start(events);
        Write([.. RawFrame.Client(2, new byte[600]), .. RawFrame.Client(2, new byte[600]), .. RawFrame.Client(2, new byte[600])]);
        Assert.That((pump.IsPaused, _owner.Messages), Is.EqualTo((true, 2)));
    }

    [Test]
    [Proves("SEC-26")]
    public void More_frames_in_a_second_than_allowed_fail_with_1008()
    {
        var events = new InboundEvents(64, 0, new EventsOwner());
        Start(events, maxFramesPerSecond: 10);
        Write([.. Enumerable.Range(0, 10).SelectMany(_ => RawFrame.Client(9, []))]);
        Assert.That((_owner.Pings, _owner.Fault), Is.EqualTo((10, (WebSocketFault?)null)));
        Write(RawFrame.Client(9, []));
        Assert.That((_owner.Pings, _owner.Fault?.Code), Is.EqualTo((10, 1008)));
    }

    [Test]
    public void Stopping_ends_a_waiting_read_once()
    {
        var pump = Start(new InboundEvents(64, 0, new EventsOwner()));
        pump.Stop();
        pump.Stop();
        Assert.That((_owner.Finished, _owner.Lost), Is.EqualTo((1, 0)));
    }

    [Test]
    public void The_end_of_the_input_is_a_loss()
    {
        Start(new InboundEvents(64, 0, new EventsOwner()));
        Write(RawFrame.ClientText("x"));
        _pipe.Writer.Complete(new IOException("reset"));
        Assert.That((_owner.Messages, _owner.Lost, _owner.Finished), Is.EqualTo((1, 1, 1)));
    }

    private InboundPump Start(InboundEvents events, int maxFramesPerSecond = 0)
    {
        var pump = new InboundPump(_pipe.Reader, new MessageReader(0, 0), events, _heartbeat, _owner, maxFramesPerSecond);
        pump.Start();
        return pump;
    }

    private void Write(byte[] bytes)
    {
        bytes.CopyTo(_pipe.Writer.GetSpan(bytes.Length));
        _pipe.Writer.Advance(bytes.Length);
        if (!_pipe.Writer.FlushAsync().IsCompletedSuccessfully) // no assertion: it would allocate
        {
            Assert.Fail("the input was not read");
        }
    }

    /// <summary>Receives for ever, on the thread that delivers.</summary>
    private sealed class CountingConsumer(InboundEvents events)
    {
        private ConfiguredValueTaskAwaitable<Event>.ConfiguredValueTaskAwaiter _next;
        private Action? _continue;

        public int Received { get; private set; }

        public void Begin()
        {
            _continue = Go;
            events.ReceiveAsync(CancellationToken.None).GetAwaiter().GetResult(); // the connect event
            Wait();
        }

        private void Wait()
        {
            _next = events.ReceiveAsync(CancellationToken.None).ConfigureAwait(false).GetAwaiter();
            _next.UnsafeOnCompleted(_continue!);
        }

        private void Go()
        {
            _next.GetResult();
            Received++;
            Wait();
        }
    }

    private sealed class Owner : IInboundPumpOwner
    {
        public int Messages { get; private set; }

        public int Pings { get; private set; }

        public int Lost { get; private set; }

        public int Finished { get; private set; }

        public int Paused { get; private set; }

        public WebSocketFault? Fault { get; private set; }

        public void OnInput()
        {
        }

        public void OnMessage(WebSocketMessageKind kind, int length) => Messages++;

        public void OnPing(ReadOnlySpan<byte> body) => Pings++;

        public void OnPaused() => Paused++;

        public void OnPeerClose(int code, string reason)
        {
        }

        public void OnFault(WebSocketFault fault) => Fault = fault;

        public void OnInputLost() => Lost++;

        public void OnDrained()
        {
        }

        public void OnInputFinished() => Finished++;
    }

    private sealed class EventsOwner(Action? taken = null) : IInboundEventsOwner
    {
        void IInboundEventsOwner.OnTaken(Event message) => taken?.Invoke();
    }
}
