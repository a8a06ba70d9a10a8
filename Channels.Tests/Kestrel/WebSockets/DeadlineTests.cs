using System.Collections.Concurrent;
using System.Text;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>All timeouts, with a clock that the test moves.</summary>
public sealed class DeadlineTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly EventLog _log = new();

    [Test]
    [Proves("W-11", "SEC-14")]
    public async Task An_unanswered_handshake_is_503_at_ten_seconds()
    {
        var begun = new TaskCompletionSource();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, _) =>
        {
            await receive();
            begun.SetResult();
            _log.Add(await receive());
        }, time: _time);
        using var client = await RawWebSocketClient.ConnectAsync(server.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request()));
        await begun.Task;
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.That(_log.All, Is.Empty);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 503"));
        Assert.That(await _log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(1006)));
    }

    [Test]
    [Proves("REL-34", "F-16")]
    public async Task A_silent_peer_is_pinged_after_the_interval_and_lost_after_the_timeout_never_earlier()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(_log), time: _time);
        using var client = await RawWebSocketClient.OpenEchoAsync(server.Port);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.That((await client.ReadFrameAsync()).Opcode, Is.EqualTo(9));
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.That(_log.All.OfType<WebSocketDisconnect>(), Is.Empty);
        await Eventually.Is(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1)); // two looks, which the pool may take its time for
            return _log.All.OfType<WebSocketDisconnect>().Any();
        });
        Assert.That(await _log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(1006)));
        await client.ReadToEndAsync();
    }

    [Test]
    [Proves("REL-35")]
    public async Task Any_inbound_byte_counts_as_life()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(_log), time: _time);
        using var client = await RawWebSocketClient.OpenEchoAsync(server.Port);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(20));
            Assert.That((await client.ReadFrameAsync()).Opcode, Is.EqualTo(9));
            await client.SendAsync(RawFrame.Client(9, "alive"u8)); // not even a pong
            Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("alive"));
        }

        Assert.That(_log.All.OfType<WebSocketDisconnect>(), Is.Empty);
    }

    [TestCase(60)]
    [TestCase(0)]
    public async Task An_answered_ping_is_followed_by_the_next_after_the_interval_however_long_an_answer_may_take(int timeout)
    {
        await using var server = await WebSocketServer.StartAsync(
            Applications.Recording(_log), o => (o.KeepAliveInterval, o.KeepAliveTimeout) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(timeout)), _time);
        using var client = await RawWebSocketClient.OpenEchoAsync(server.Port);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            Assert.That((await client.ReadFrameAsync()).Opcode, Is.EqualTo(9));
            await client.SendAsync(RawFrame.Client(9, "alive"u8)); // any octet answers; and what answers this one has been read
            Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("alive"));
        }
    }

    [Test]
    public async Task An_application_with_a_heartbeat_of_its_own_spares_its_peer_the_pings()
    {
        await using var server = await WebSocketServer.StartAsync(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept { HasHeartbeat = ((WebSocketScope)scope).Headers["x-heartbeat"] == "own" });
                while (await receive() is WebSocketReceive message)
                {
                    await send(new WebSocketSend(message.Kind, message.Payload));
                }
            },
            time: _time);
        using var own = await RawWebSocketClient.OpenEchoAsync(server.Port, "x-heartbeat: own\r\n");
        using var pinged = await RawWebSocketClient.OpenEchoAsync(server.Port);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(20));
            Assert.That((await pinged.ReadFrameAsync()).Opcode, Is.EqualTo(9));
            await pinged.SendAsync(RawFrame.Client(9, "alive"u8));
            Assert.That((await pinged.ReadFrameAsync()).Text, Is.EqualTo("alive"));
            await own.SendTextAsync("still here");
            Assert.That((await own.ReadFrameAsync()).Text, Is.EqualTo("still here"), "and no ping before it");
        }
    }

    [Test]
    [Proves("REL-35", "F-24")]
    public async Task A_stalled_process_loses_nobody()
    {
        var stall = new StallingTimeProvider();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(_log), time: stall);
        using var client = await RawWebSocketClient.OpenEchoAsync(server.Port);
        stall.Jump(TimeSpan.FromHours(1)); // one late tick
        stall.Jump(TimeSpan.FromHours(1));
        await client.SendTextAsync("still here");
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("still here"));
    }

    [Test]
    public async Task The_age_limit_closes_with_1000()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(_log), o => (o.MaxAge, o.KeepAliveInterval) = (TimeSpan.FromMinutes(5), TimeSpan.Zero), _time);
        using var client = await RawWebSocketClient.OpenEchoAsync(server.Port);
        _time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.That(_log.All.OfType<WebSocketDisconnect>(), Is.Empty);
        _time.Advance(TimeSpan.FromSeconds(2));
        await client.ExpectCloseAsync(1000);
        Assert.That((await _log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1000));
    }

    [Test]
    public async Task The_idle_limit_counts_messages_and_not_pings()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(_log), o => o.IdleTimeout = TimeSpan.FromSeconds(30), _time);
        using var client = await RawWebSocketClient.OpenEchoAsync(server.Port);
        _time.Advance(TimeSpan.FromSeconds(15));
        await client.SendTextAsync("x");
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("x"));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.That((await client.ReadFrameAsync()).Opcode, Is.EqualTo(9));
        await client.SendAsync(RawFrame.Client(10, []));
        _time.Advance(TimeSpan.FromSeconds(11));
        await client.ExpectCloseAsync(1000);
    }

    [Test]
    [Proves("SEC-30")]
    public async Task A_message_that_takes_too_long_closes_with_1008()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(_log), o => o.KeepAliveInterval = TimeSpan.Zero, _time);
        using var client = await RawWebSocketClient.OpenEchoAsync(server.Port);
        await client.SendAsync(RawFrame.ClientText("never ends", final: false));
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(RawFrame.Client(9, []));
            await client.ReadFrameAsync(); // the second pong is of a later turn: that of the beginning has ended
        }

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.That(_log.All.OfType<WebSocketDisconnect>(), Is.Empty);
        _time.Advance(TimeSpan.FromSeconds(2));
        await client.ExpectCloseAsync(1008);
    }

    [Test]
    [Proves("W-57")]
    public async Task A_peer_that_does_not_answer_our_close_is_cut_after_the_close_timeout()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(_log), time: _time);
        using var client = await RawWebSocketClient.OpenEchoAsync(server.Port);
        var stopping = server.Host.StopAsync();
        Assert.That((await client.ReadFrameAsync()).CloseCode, Is.EqualTo(1012));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.That(server.OpenSockets, Is.EqualTo(1));
        var end = client.ReadToEndAsync();
        await AdvanceUntilAsync(() => end.IsCompleted);
        Assert.That(await end, Is.Empty);
        await stopping;
        await Eventually.Is(() => server.OpenSockets == 0);
    }

    [Test]
    [Proves("C-WS-30", "F-15")]
    public async Task An_application_that_does_not_end_is_abandoned()
    {
        var release = new TaskCompletionSource();
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            _log.Add(await receive());
            await release.Task;
        }, time: _time);
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendAsync(RawFrame.ClientClose(1000));
        await client.ReadFrameAsync();
        await _log.NextAsync<WebSocketDisconnect>();
        Assert.That(await client.ReadToEndAsync(), Is.Empty); // the peer need not wait for the application
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.That(server.OpenSockets, Is.EqualTo(1));
        await AdvanceUntilAsync(() => server.OpenSockets == 0);
        release.SetResult();
    }

    // What is due when counts from a moment that the peer does not see.
    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.Is(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return condition();
    });

    /// <summary>Ticks only when told to, after any span: a process that was stopped meanwhile.</summary>
    private sealed class StallingTimeProvider : TimeProvider
    {
        private readonly ConcurrentBag<Action> _ticks = [];
        private long _elapsed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _elapsed);

        public void Jump(TimeSpan time)
        {
            Interlocked.Add(ref _elapsed, time.Ticks);
            foreach (var tick in _ticks)
            {
                tick();
            }
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _ticks.Add(() => callback(state));
            return new SilentTimer();
        }

        private sealed class SilentTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
