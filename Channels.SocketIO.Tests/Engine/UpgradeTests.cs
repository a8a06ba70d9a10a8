using System.Net;
using System.Net.WebSockets;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>A session moves from polling to a WebSocket, and nothing is lost, told twice or out of order.</summary>
public sealed class UpgradeTests
{
    private readonly SessionWatch _watch = new();
    private readonly ManualTimeProvider _time = new();

    [Test]
    [Proves("S-EIO-59", "S-EIO-69", "S-EIO-70")]
    public async Task After_the_probe_polls_are_let_go_and_after_the_upgrade_refused()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var socket = await server.ConnectAsync(sid, upgrade: true);
        await ProbeAsync(socket);
        Assert.That(await server.PollAsync(sid), Is.EqualTo("6"));
        Assert.That(_watch.Scope!.CurrentTransport, Is.EqualTo(EngineIOTransport.Polling));
        await socket.SendTextAsync("5");
        await socket.SendTextAsync("4hello");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4hello"));
        Assert.That((await _watch.NextAsync(), _watch.Scope.CurrentTransport), Is.EqualTo((EngineIOUpgraded.Instance, EngineIOTransport.WebSocket)));
        using var get = await server.GetAsync(sid);
        using var post = await server.PostAsync(sid, "4hello");
        const string Refused = """{"code":3,"message":"Bad request"}""";
        Assert.That((get.StatusCode, await get.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.BadRequest, Refused)));
        Assert.That((post.StatusCode, await post.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.BadRequest, Refused)));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport close"), "and no second upgrade was told");
    }

    [Test]
    [Proves("S-EIO-60")]
    public async Task A_poll_that_waits_is_let_go_by_the_probe()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        var poll = server.PollAsync(sid);
        await _watch.PollingAsync();
        using var socket = await server.ConnectAsync(sid, upgrade: true);
        await ProbeAsync(socket);
        Assert.That(await poll, Is.EqualTo("6"), "no time has passed: the clock of this test stands still");
    }

    [Test]
    [Proves("S-EIO-61")]
    public async Task Probe_and_upgrade_may_come_together()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var socket = await server.ConnectAsync(sid, upgrade: true);
        await socket.SendTextAsync("2probe");
        await socket.SendTextAsync("5");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("3probe"));
        Assert.That(await _watch.NextAsync(), Is.InstanceOf<EngineIOUpgraded>());
        using var get = await server.GetAsync(sid);
        Assert.That(get.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        await socket.SendTextAsync("4hello");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4hello"));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("S-EIO-62", "S-EIO-63")]
    public async Task A_second_websocket_is_let_in_and_closed(bool upgraded)
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var first = await server.ConnectAsync(sid, upgrade: true);
        await ProbeAsync(first);
        if (upgraded)
        {
            await first.SendTextAsync("5");
            Assert.That(await _watch.NextAsync(), Is.InstanceOf<EngineIOUpgraded>());
        }

        using var second = await server.ConnectAsync(sid, upgrade: true);
        Assert.That(await second.ReadCloseAsync(), Is.EqualTo(1000));
        if (!upgraded)
        {
            await first.SendTextAsync("5");
        }

        await first.SendTextAsync("4hello");
        Assert.That(await first.ReadTextAsync(), Is.EqualTo("4hello"));
    }

    [TestCase("4hello")]
    [TestCase("2")]
    [TestCase("3probe")]
    [TestCase("abc")]
    [TestCase("")]
    [Proves("S-EIO-64")]
    public async Task A_websocket_that_begins_otherwise_is_closed_and_polling_goes_on(string first)
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var socket = await server.ConnectAsync(sid, upgrade: true);
        await socket.SendTextAsync(first);
        Assert.That(await socket.ReadCloseAsync(), Is.EqualTo(1000));
        await ExpectPollingAsync(server, sid);
    }

    [Test]
    public async Task A_client_may_upgrade_without_a_probe()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        var poll = server.PollAsync(sid);
        await _watch.PollingAsync();
        using var socket = await server.ConnectAsync(sid, upgrade: true);
        await socket.SendTextAsync("5");
        Assert.That(await poll, Is.EqualTo("6"));
        await socket.SendTextAsync("4hello");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4hello"));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Proves("S-EIO-65")]
    public async Task A_websocket_that_is_lost_before_the_upgrade_costs_nothing(bool probed)
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using (var socket = await server.ConnectAsync(sid, upgrade: true))
        {
            if (probed)
            {
                await ProbeAsync(socket);
            }

            await server.SendAsync(sid, "4meanwhile");
            socket.Abort();
        }

        string body;
        while ((body = await server.PollAsync(sid)) == "6")
        {
            // the loss has not been noticed yet
        }

        Assert.That(body, Is.EqualTo("4meanwhile"));
        await Eventually.Is(async () =>
        {
            using var again = await server.ConnectAsync(sid, upgrade: true); // closed while the server does not know
            await again.SendTextAsync("2probe");
            var buffer = new byte[100];
            return (await again.ReceiveAsync(buffer, CancellationToken.None)).MessageType == WebSocketMessageType.Text;
        });
    }

    [Test]
    [Proves("S-EIO-66")]
    public async Task An_upgrade_that_takes_too_long_is_given_up()
    {
        await using var server = await StartAsync(options => (options.PingInterval, options.UpgradeTimeout) = (TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10)));
        var sid = await server.OpenAsync();
        using var socket = await server.ConnectAsync(sid, upgrade: true);
        await ProbeAsync(socket);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.That(await socket.ReadCloseAsync(), Is.EqualTo(1000));
        await ExpectPollingAsync(server, sid);
    }

    [Test]
    [Proves("S-EIO-67", "S-EIO-68", "REL-56")]
    public async Task Messages_of_both_sides_survive_the_change_in_order([Range(0, 9)] int round)
    {
        const int Messages = 100;
        await using var server = await EngineServer.StartAsync(async (scope, receive, send) =>
        {
            var received = 0;
            while (await receive() is var next and not EngineIODisconnect)
            {
                if (next is EngineIOMessage message)
                {
                    Assert.That(message.GetText(), Is.EqualTo($"{received++}"));
                    await send(EngineIOSend.FromPacket(System.Text.Encoding.UTF8.GetBytes($"4{message.GetText()}"), new byte[] { 1 }, new byte[] { 2, 3 }));
                }
            }
        });
        var sid = await server.OpenAsync();
        var heard = new List<string>();
        using var socket = await server.ConnectAsync(sid, upgrade: true);
        var sent = 0;
        using var stop = new CancellationTokenSource();
        var polling = PollUntilReleasedAsync();
        while (sent < (Messages / 2) + round)
        {
            await server.SendAsync(sid, $"4{sent++}");
        }

        await socket.SendTextAsync("2probe");
        await server.SendAsync(sid, $"4{sent++}\u001e4{sent++}");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("3probe"));
        await polling;
        await socket.SendTextAsync("5");
        while (sent < Messages)
        {
            await socket.SendTextAsync($"4{sent++}");
        }

        while (heard.Count < Messages * 3)
        {
            heard.Add(await socket.ReadPacketAsync());
        }

        Assert.That(heard, Is.EqualTo(Enumerable.Range(0, Messages).SelectMany(i => new[] { $"4{i}", "bAQ==", "bAgM=" })));

        async Task PollUntilReleasedAsync()
        {
            while (await server.PollAsync(sid) is var body and not "6")
            {
                heard.AddRange(body.Split('\u001e'));
            }
        }
    }

    private static async Task ProbeAsync(ClientWebSocket socket)
    {
        await socket.SendTextAsync("2probe");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("3probe"));
    }

    private static async Task ExpectPollingAsync(EngineServer server, string sid)
    {
        await server.SendAsync(sid, "4still polling");
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4still polling"));
    }

    private Task<EngineServer> StartAsync(Action<EngineIOOptions>? options = null) =>
        EngineServer.StartAsync(_watch.RunAsync, options, builder => builder.Services.GoBy(_time));
}
