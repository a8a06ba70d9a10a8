using System.Net.WebSockets;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>Who is silent is gone, and how a session ends.</summary>
public sealed class HeartbeatTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(200);
    private readonly SessionWatch _watch = new();
    private readonly ManualTimeProvider _time = new();

    [Test]
    [Proves("S-EIO-45", "S-EIO-51")]
    public async Task Polls_bring_pings_whether_they_wait_or_not()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        for (var round = 0; round < 3; round++)
        {
            _time.Advance(Interval);
            Assert.That(await server.PollAsync(sid), Is.EqualTo("2"));
            await server.SendAsync(sid, "3");
        }
    }

    [Test]
    [Proves("S-EIO-46", "S-EIO-50", "REL-57", "SEC-67")]
    public async Task A_client_that_never_polls_is_gone_when_its_time_is_over()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        _time.Advance(Interval + Timeout - TimeSpan.FromMilliseconds(11));
        Assert.That(server.Engine.Count, Is.EqualTo(1));
        _time.Advance(TimeSpan.FromMilliseconds(11));
        await server.ExpectClosedAsync(sid);
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("ping timeout"), "nobody has to ask for it");
        await Eventually.Is(() => server.Engine.Count == 0);
    }

    [Test]
    [Proves("S-EIO-46")]
    public async Task A_request_sees_a_deadline_that_no_tick_has_seen()
    {
        var late = new LateTimers(_time);
        await using var server = await EngineServer.StartAsync(_watch.RunAsync, Set, builder => builder.Services.GoBy(late));
        var sid = await server.OpenAsync();
        _time.Advance(Interval);
        late.Hold = true;
        _time.Advance(Timeout);
        await server.ExpectClosedAsync(sid);
    }

    [Test]
    [Proves("S-EIO-47", "S-EIO-49")]
    public async Task A_websocket_is_pinged_in_every_interval()
    {
        await using var server = await StartAsync();
        var (socket, _) = await server.OpenSocketAsync();
        using var end = socket;
        for (var round = 0; round < 3; round++)
        {
            _time.Advance(Interval);
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo("2"));
            await socket.SendTextAsync("3");
            await socket.SendTextAsync("4pong is there");
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4pong is there"));
        }
    }

    [Test]
    [Proves("S-EIO-48", "REL-57")]
    public async Task A_websocket_that_does_not_answer_is_closed()
    {
        await using var server = await StartAsync();
        var (socket, _) = await server.OpenSocketAsync();
        using var end = socket;
        _time.Advance(Interval);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("2"));
        _time.Advance(Timeout);
        Assert.That(await socket.ReadCloseAsync(), Is.EqualTo(1000));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("ping timeout"));
    }

    [Test]
    [Proves("S-EIO-52")]
    public async Task A_ping_from_before_the_upgrade_is_not_awaited_behind_it()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        _time.Advance(Interval);
        Assert.That(await server.PollAsync(sid), Is.EqualTo("2"));
        using var socket = await server.ConnectAsync(sid, upgrade: true);
        await socket.SendTextAsync("2probe");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("3probe"));
        await socket.SendTextAsync("5");
        Assert.That(await _watch.NextAsync(), Is.InstanceOf<EngineIOUpgraded>());
        _time.Advance(Interval);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("2"), "the session lives, and has a whole interval");
        _time.Advance(Timeout);
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("ping timeout"));
    }

    [Test]
    [Proves("S-EIO-53")]
    public async Task A_client_that_leaves_gets_its_waiting_poll_back()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        var poll = server.PollAsync(sid);
        await _watch.PollingAsync();
        await server.SendAsync(sid, "1");
        Assert.That(await poll, Is.EqualTo("6"));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport close"));
        await server.ExpectClosedAsync(sid);
    }

    [Test]
    [Proves("S-EIO-54")]
    public async Task A_websocket_that_says_goodbye_is_closed_at_once()
    {
        await using var server = await StartAsync();
        using var socket = await server.ConnectAsync();
        await socket.SendTextAsync("1");
        Assert.That(await socket.ReadCloseAsync(), Is.EqualTo(1000));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport close"));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("S-EIO-55", "S-EIO-56")]
    public async Task A_close_of_the_servers_is_told_by_the_poll_that_waits_or_comes(bool waits)
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        await Eventually.Is(() => _watch.Send is not null);
        Task<string>? poll = null;
        if (waits)
        {
            poll = server.PollAsync(sid);
            await _watch.PollingAsync();
            _watch.Scope!.GetOutbox()!.Hold(); // both packets in one answer
        }

        await _watch.Send!(EngineIOSend.FromText("last words"));
        await _watch.Send!(new EngineIOClose());
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("forced close"));
        Assert.That(await (poll ?? server.PollAsync(sid)), Is.EqualTo("4last words\u001e1"));
        await server.ExpectClosedAsync(sid);
    }

    [Test]
    [Proves("S-EIO-55")]
    public async Task Nobody_waits_for_a_poll_for_ever()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        await Eventually.Is(() => _watch.Send is not null);
        await _watch.Send!(new EngineIOClose());
        await _watch.ReasonAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        await server.ExpectClosedAsync(sid);
        await Eventually.Is(() => server.Engine.Count == 0);
    }

    [Test]
    [Proves("S-EIO-56")]
    public async Task What_was_sent_before_a_close_reaches_a_websocket()
    {
        await using var server = await StartAsync();
        using var socket = await server.ConnectAsync();
        await socket.ReadTextAsync();
        await Eventually.Is(() => _watch.Send is not null);
        await _watch.Send!(EngineIOSend.FromText("last words"));
        await _watch.Send!(new EngineIOClose());
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4last words"));
        Assert.That(await socket.ReadCloseAsync(), Is.EqualTo(1000));
        Assert.That(async () => await _watch.Send!(EngineIOSend.FromText("too late")), Throws.InstanceOf<ConnectionClosedException>());
    }

    [Test]
    [Proves("S-EIO-58")]
    public async Task A_handler_that_is_busy_keeps_neither_its_pongs_nor_others()
    {
        using var busy = new ManualResetEventSlim();
        using var taken = new SemaphoreSlim(0);
        await using var server = await EngineServer.StartAsync(
            async (scope, receive, send) =>
            {
                while (await receive() is EngineIOMessage message)
                {
                    if (message.GetText() == "block")
                    {
                        taken.Release();
                        busy.Wait();
                    }

                    await send(EngineIOSend.FromUtf8(message.Payload.Span));
                }
            },
            Set,
            builder => builder.Services.GoBy(_time));
        var (socket, session) = await server.OpenSocketAsync();
        using var end = socket;
        await socket.SendTextAsync("4block");
        await taken.WaitAsync(); // what comes from here on waits
        _time.Advance(Interval);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("2"));
        await socket.SendTextAsync("3");
        await socket.SendTextAsync("4behind the pong");
        await Eventually.Is(() => session.Inbound.HasMessages);
        var other = await server.OpenAsync();
        await server.SendAsync(other, "4hello");
        Assert.That(await server.PollAsync(other), Is.EqualTo("4hello"));
        _time.Advance(Interval);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("2"), "the first one was answered");
        busy.Set();
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4block"));
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4behind the pong"));
    }

    [Test]
    public async Task A_client_that_is_not_read_from_does_not_owe_its_pong()
    {
        var (taken, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await EngineServer.StartAsync(
            async (scope, receive, send) =>
            {
                while (await receive() is EngineIOMessage message)
                {
                    taken.TrySetResult();
                    await gate.Task;
                    await send(EngineIOSend.FromUtf8(message.Payload.Span));
                }
            },
            options =>
            {
                Set(options);
                options.MaxInboundMessageCount = 2;
            },
            builder => builder.Services.GoBy(_time));
        var (socket, session) = await server.OpenSocketAsync();
        using var end = socket;
        await socket.SendTextAsync("40");
        await taken.Task; // from here on nothing is taken, so that what is full stays full
        for (var i = 1; i < 5; i++)
        {
            await socket.SendTextAsync($"4{i}"); // two wait, and nothing is read behind them
        }

        await Eventually.Is(() => session.Inbound.IsBlocking);
        _time.Advance(Interval);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("2"));
        await socket.SendTextAsync("3");
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(Timeout);
        }

        gate.SetResult();
        for (var i = 0; i < 5; i++)
        {
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo($"4{i}"));
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_server_that_stops_tells_clients_and_applications(bool polling)
    {
        var server = await StartAsync();
        Task<string>? poll = null;
        if (polling)
        {
            var sid = await server.OpenAsync();
            poll = server.PollAsync(sid);
            await _watch.PollingAsync();
        }
        else
        {
            var (socket, _) = await server.OpenSocketAsync();
            poll = LeaveAsync(socket);
        }

        var stopped = server.Live.Host.StopAsync();
        Assert.That(await poll, Is.EqualTo(polling ? "1" : "1012"));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("server shutting down"));
        await stopped;
        await server.DisposeAsync();

        static async Task<string> LeaveAsync(ClientWebSocket socket)
        {
            var code = await socket.ReadCloseAsync();
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None); // the server waits for it
            socket.Dispose();
            return $"{code}";
        }
    }

    [Test]
    public async Task A_server_that_stops_ends_sessions_that_are_between_two_polls()
    {
        var server = await StartAsync();
        await server.OpenAsync();
        await server.DisposeAsync();
        Assert.That((await _watch.ReasonAsync(), _watch.Ended), Is.EqualTo(("server shutting down", 1)));
    }

    private static void Set(EngineIOOptions options) => (options.PingInterval, options.PingTimeout) = (Interval, Timeout);

    private Task<EngineServer> StartAsync() => EngineServer.StartAsync(_watch.RunAsync, Set, builder => builder.Services.GoBy(_time));

    /// <summary>A clock whose timers can be held, as on a machine that is busy.</summary>
    private sealed class LateTimers(TimeProvider time) : TimeProvider
    {
        public bool Hold { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(
            value =>
            {
                if (!Hold)
                {
                    callback(value);
                }
            },
            state,
            dueTime,
            period);
    }
}
