using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>A thread pool whose threads are all blocked by somebody's handlers.</summary>
[NonParallelizable]
public sealed class BlockedPoolTests
{
    private const int Enough = 200;

    [Test]
    [Proves("FG-4")]
    public async Task A_peer_that_has_sent_is_not_dead_because_nobody_had_a_thread_to_read_it()
    {
        var time = new ManualTimeProvider();
        await using var server = await WebSocketServer.StartAsync(WebSockets.Applications.Echo, time: time);
        using var client = await RawWebSocketClient.OpenEchoAsync(server.Port);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.That((await client.ReadFrameAsync()).Opcode, Is.EqualTo(9));

        var release = BlockPool();

        // Not a wait for the pool from here on: this thread is the test's own.
        SendAndAdvance(client.Socket, time, release);
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("here"));
    }

    [Test]
    [Proves("FG-4")]
    public void What_judges_peers_comes_as_late_as_the_pool_that_reads_what_they_send()
    {
        var release = BlockPool();
        var called = new ManualResetEventSlim(); // not disposed, either
        var timer = new IntervalTimer(TimeProvider.System, TimeSpan.FromMilliseconds(1), called.Set);
        timer.Start();
        var early = called.Wait(TimeSpan.FromMilliseconds(100)); // true at any time would be wrong
        release.Set();
        var late = called.Wait(Eventually.Patience);
        timer.Stop();
        Assert.That((early, late), Is.EqualTo((false, true)));
    }

    [Test]
    [Proves("FG-4")]
    public void A_late_pool_is_told_with_the_handlers_that_block_it()
    {
        var time = new LateTime();
        var log = new Consumers.LogRecorder();
        var running = new RunningHandlers();
        var metrics = new ChannelsMetrics();
        List<double> lags = [];
        using var watch = new PoolWatch(running, metrics, time, log.CreateLogger("Channels.Server"));
        using var listener = ListenToLag(metrics, lags.Add);
        time.Pass(TimeSpan.FromSeconds(1));
        Assert.That(log.Lines, Is.Empty);

        running.Enter("/quick").Leave();
        var note = running.Enter("/slow");
        time.Pass(TimeSpan.FromSeconds(6));
        time.Pass(TimeSpan.FromSeconds(6));
        note.Leave();

        Assert.That(log.Lines.Single().Text, Does.Contain("5.0 s late").And.Contain("/slow (1)").And.Not.Contain("/quick"));
        Assert.That(lags, Is.EqualTo(new[] { 0.0, 5, 5 }));
    }

    [Test]
    [Proves("FG-4")]
    public async Task A_server_measures_and_tells_how_late_its_pool_is()
    {
        var time = new SkippingTime();
        var log = new LogRecord();
        var lags = new ConcurrentQueue<double>();
        await using var server = await LiveServer.StartFunctionAsync(WebSockets.Applications.Echo, builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Services.AddSingleton<TimeProvider>(time);
        });
        using var listener = ListenToLag(server.Services.GetRequiredService<ChannelsMetrics>(), lags.Enqueue);
        time.Timers.Advance(TimeSpan.FromSeconds(1));
        time.Skip(TimeSpan.FromSeconds(7));
        time.Timers.Advance(TimeSpan.FromSeconds(1));

        Assert.That(lags, Is.EqualTo(new[] { 0.0, 7 }));
        Assert.That(log.Lines.Single(line => line.Id == 1017).Text, Does.Contain("7.0 s late"));
    }

    private static MeterListener ListenToLag(ChannelsMetrics metrics, Action<double> tell)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter, metrics.Meter) && instrument.Name == "channels.server.pool.lag")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => tell(value));
        listener.Start();
        return listener;
    }

    [Test]
    [Proves("FG-4")]
    public async Task Whatever_wakes_a_consumer_its_handler_is_named_while_it_has_the_thread_and_not_longer()
    {
        var running = new RunningHandlers();
        var events = new Queue<Event>([WebSocketConnect.Instance, new WebSocketReceive(WebSocketMessageKind.Text, "x"u8.ToArray()), new WebSocketDisconnect(1000)]);
        List<string> seen = [];
        var around = running.Enter("/around");
        await Consumer.Of<Looking>(running, seen).InvokeAsync(
            new WebSocketScope { Path = "/slow", Exchange = new Noting(running) },
            _ => new(events.Dequeue()),
            (_, _) => ValueTask.CompletedTask);
        seen.Add(running.Describe(2));
        around.Leave();

        Assert.That(seen, Is.EqualTo(new[] { "/slow (1)", "/around (1)" }));
        Assert.That(running.Describe(1), Is.EqualTo("none of ours"));
    }

    private sealed class Noting(RunningHandlers running) : ServerExchange
    {
        public override RunningHandlers Running => running;

        public override MemoryHolder? Memory => null;
    }

    private static ManualResetEventSlim BlockPool()
    {
        var release = new ManualResetEventSlim(); // not disposed: some of them begin only after the test
        for (var i = 0; i < Enough; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static release => release.Wait(), release, preferLocal: false);
        }

        return release;
    }

    private static void SendAndAdvance(Socket socket, ManualTimeProvider time, ManualResetEventSlim release)
    {
        socket.Send(RawFrame.ClientText("here"));
        time.Advance(TimeSpan.FromSeconds(30));
        release.Set(); // the clock stands: however late the octets are read now, no second look condemns
    }

    private sealed class Looking(RunningHandlers running, List<string> seen) : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text)
        {
            seen.Add(running.Describe(2));
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A clock that may go on while none of its timers comes.</summary>
    private sealed class SkippingTime : TimeProvider
    {
        private long _skipped;

        public ManualTimeProvider Timers { get; } = new();

        public override long TimestampFrequency => Timers.TimestampFrequency;

        public override long GetTimestamp() => Timers.GetTimestamp() + Interlocked.Read(ref _skipped);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => Timers.CreateTimer(callback, state, dueTime, period);

        public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, time.Ticks);
    }

    /// <summary>A clock whose timer comes late: once, whatever time has passed.</summary>
    private sealed class LateTime : TimeProvider
    {
        private TimerCallback? _callback;
        private object? _state;
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_callback, _state) = (callback, state);
            return new NoTimer();
        }

        public void Pass(TimeSpan time)
        {
            _now += time.Ticks;
            _callback!(_state);
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
