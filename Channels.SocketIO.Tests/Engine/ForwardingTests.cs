using System.Net;
using System.Net.WebSockets;
using Channels.Layers.Redis;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Engine;

/// <summary>Requests of polling clients may reach any process that shares the layer with the session's.</summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class ForwardingTests(bool pubSub)
{
    private const string Unknown = """{"code":1,"message":"Session ID unknown"}""";
    private readonly ManualTimeProvider _time = new(); // nobody is given up because the machine is slow
    private readonly SessionWatch _watch = new();
    private RedisServer _redis = null!; // set before each test, as the next two
    private EngineServer _owner = null!;
    private EngineServer _other = null!;

    [SetUp]
    public async Task Start()
    {
        _redis = await RedisServer.StartAsync();
        _owner = await StartAsync();
        _other = await StartAsync();
    }

    [TearDown]
    public async Task Stop()
    {
        // What is still asked of a process that is gone has a deadline.
        var stopping = Task.WhenAll(_owner.DisposeAsync().AsTask(), _other.DisposeAsync().AsTask());
        await TimePassesUntil(() => stopping.IsCompleted, TimeSpan.FromSeconds(1));
        await stopping;
        await _redis.DisposeAsync();
    }

    [Test]
    [Proves("S-EIO-77")]
    public async Task Posts_and_polls_reach_the_session_by_either_process_in_order()
    {
        var sid = await _owner.OpenAsync();
        var expected = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            await (i % 2 == 0 ? _other : _owner).SendAsync(sid, $"4{i}\u001ebAQID");
            expected.AddRange([$"4{i}", "bAQID"]);
        }

        var heard = new List<string>();
        for (var i = 0; heard.Count < expected.Count; i++)
        {
            heard.AddRange((await (i % 2 == 0 ? _other : _owner).PollAsync(sid)).Split('\u001e'));
        }

        Assert.That(heard, Is.EqualTo(expected));
        Assert.That((_owner.Engine.Count, _other.Engine.Count), Is.EqualTo((1, 0)));
    }

    [Test]
    [Proves("S-EIO-77")]
    public async Task A_poll_waits_at_the_other_process()
    {
        await using var impatient = await StartAsync(options => options.PingInterval = TimeSpan.FromMilliseconds(200)); // how long it lets a poll wait in one piece
        var pieces = 0;
        using var listener = impatient.OnRequest(() => Interlocked.Increment(ref pieces));
        var sid = await _owner.OpenAsync();
        var poll = impatient.PollAsync(sid);
        for (var piece = 0; piece < 2; piece++)
        {
            // Only while the owner lets it wait, and in small steps: to ask, and whether the owner lives, has its deadlines on this clock, too.
            await _watch.PollingAsync();
            var asked = Volatile.Read(ref pieces);
            await TimePassesUntil(() => Volatile.Read(ref pieces) > asked, TimeSpan.FromMilliseconds(10));
        }

        await _watch.Send!(EngineIOSend.FromText("news"));
        Assert.That(await poll, Is.EqualTo("4news"));
    }

    [Test]
    public async Task A_poll_that_is_cut_at_the_other_process_ends_the_session()
    {
        var sid = await _owner.OpenAsync();
        using var cut = new CancellationTokenSource();
        var poll = _other.GetAsync(sid, cut.Token);
        await _watch.PollingAsync();
        await cut.CancelAsync();
        Assert.That(async () => await poll, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
    }

    [Test]
    public async Task Polls_at_two_processes_are_two_polls()
    {
        var sid = await _owner.OpenAsync();
        var first = _other.PollAsync(sid);
        await _watch.PollingAsync();
        using var second = await _owner.GetAsync(sid);
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await first, Is.EqualTo("1"));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
    }

    [Test]
    public async Task What_is_no_packet_ends_the_session_from_there_too()
    {
        var sid = await _owner.OpenAsync();
        using var answer = await _other.PostAsync(sid, "abc");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("parse error"));
        await _other.ExpectClosedAsync(sid);
    }

    [Test]
    public async Task A_client_leaves_by_the_other_process()
    {
        var sid = await _owner.OpenAsync();
        var poll = _owner.PollAsync(sid);
        await _watch.PollingAsync();
        await _other.SendAsync(sid, "1");
        Assert.That(await poll, Is.EqualTo("6"));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport close"));
    }

    [Test]
    [Proves("S-EIO-77")]
    public async Task Sessions_of_processes_that_are_gone_are_unknown()
    {
        var sid = await _owner.OpenAsync();
        await _other.SendAsync(sid, "4hello");
        await _owner.DisposeAsync();
        foreach (var unknown in new[] { sid, sid.Replace('a', 'b').Replace('1', '2') }) // the other one of a process that never was
        {
            var asking = _other.ExpectClosedAsync(unknown);
            await TimePassesUntil(() => asking.IsCompleted, TimeSpan.FromSeconds(1));
            await asking;
        }
    }

    [TestCase("AAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAA.")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAA~")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAAx.y")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAA.a~b~c")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAA.%20~%00")]
    public async Task Ids_that_name_no_process_are_unknown_without_asking(string sid)
    {
        using var answer = await _other.Http.GetAsync(EngineServer.Path($"{EngineServer.Polling}&sid={sid}"));
        Assert.That((answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.BadRequest, Unknown)));
    }

    [Test]
    public async Task A_websocket_at_the_other_process_is_refused_and_polling_goes_on()
    {
        var sid = await _owner.OpenAsync();
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        Assert.That(async () => await socket.ConnectAsync(_other.Live.WebSocketAddress(EngineServer.Path($"{EngineServer.WebSocket}&sid={sid}").OriginalString), CancellationToken.None), Throws.InstanceOf<WebSocketException>());
        Assert.That(socket.HttpStatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        await _other.SendAsync(sid, "4still polling");
        Assert.That(await _owner.PollAsync(sid), Is.EqualTo("4still polling"));
    }

    [Test]
    public async Task A_process_that_stops_lets_go_of_others_polls_and_not_of_their_sessions()
    {
        var sid = await _owner.OpenAsync();
        var poll = _other.PollAsync(sid);
        await _watch.PollingAsync();
        await _other.Live.Host.StopAsync();
        Assert.That(await poll, Is.EqualTo("6"));
        await _owner.SendAsync(sid, "4hello");
        Assert.That(await _owner.PollAsync(sid), Is.EqualTo("4hello"));
    }

    [Test]
    public async Task A_process_that_stops_tells_its_clients_at_other_processes()
    {
        var sid = await _owner.OpenAsync();
        var poll = _other.PollAsync(sid);
        await _watch.PollingAsync();
        await _owner.Live.Host.StopAsync();
        Assert.That(await poll, Is.EqualTo("1"));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("server shutting down"));
    }

    [Test]
    public async Task Bodies_that_are_too_long_are_not_put_to_anybody()
    {
        var sid = await _owner.OpenAsync();
        using var answer = await _other.PostAsync(sid, new string('4', 1_000_001));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        await _other.SendAsync(sid, "4hello");
        Assert.That(await _other.PollAsync(sid), Is.EqualTo("4hello"));
    }

    [Test]
    public async Task Sessions_that_began_as_a_websocket_name_no_process()
    {
        using var socket = await _owner.ConnectAsync();
        var sid = EngineServer.Handshake(await socket.ReadTextAsync()).GetProperty("sid").GetString()!;
        Assert.That(sid, Has.Length.EqualTo(EngineIORuntime.IdLength));
    }

    private Task TimePassesUntil(Func<bool> condition, TimeSpan step) => Eventually.Is(() =>
    {
        var holds = condition();
        if (!holds)
        {
            _time.Advance(step);
        }

        return holds;
    });

    private Task<EngineServer> StartAsync(Action<EngineIOOptions>? options = null) => EngineServer.StartAsync(_watch.RunAsync, options, builder =>
    {
        var channels = builder.Services.AddChannels();
        _ = pubSub ? channels.AddRedisPubSubLayer(configure: _redis.Configure) : channels.AddRedisLayer(configure: _redis.Configure);
        builder.Services.GoBy(_time);
    });
}
