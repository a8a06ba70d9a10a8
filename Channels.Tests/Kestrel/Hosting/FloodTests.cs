using System.Text;
using Channels.Kestrel;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>What strangers can repeat at will is written in full once, and then counted.</summary>
public sealed class FloodTests
{
    private readonly LogRecord _log = new();
    private readonly ManualTimeProvider _time = new();

    [Test]
    [Proves("FG-9")]
    public async Task A_failure_is_written_in_full_once_per_kind_and_route_and_then_counted()
    {
        await using var app = await StartAsync();
        for (var i = 0; i < 20; i++)
        {
            await GetAsync(app, $"/fail/{i}");
        }

        await GetAsync(app, "/other/1");
        Assert.That(Errors(), Is.EqualTo(new[] { "/fail/0", "/other/1" }));

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(_log.Lines.Single(line => line.Id == 1031).Text, Does.StartWith("19 more").And.Contain(nameof(FormatException)).And.Contain("fail/{text}"));

        await GetAsync(app, "/fail/again");
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(_log.Lines.Last(line => line.Id == 1031).Text, Does.StartWith("1 more"));
        await GetAsync(app, "/fail/later");
        Assert.That(Errors(), Is.EqualTo(new[] { "/fail/0", "/other/1", "/fail/later" }));
    }

    [Test]
    [Proves("FG-9")]
    public async Task A_handler_that_throws_on_a_peers_text_is_no_flood()
    {
        await using var app = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            using var client = await RawWebSocketClient.ConnectAsync(app.Port);
            await client.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request(path: "/parse/x")));
            Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 101"));
            await client.SendTextAsync("no number");
            Assert.That((await client.ReadFrameAsync()).Opcode, Is.EqualTo(8));
        }

        Assert.That(_log.Lines.Count(line => line.Id == 1110), Is.EqualTo(1));
    }

    [TestCase("GET /groups/a%20b", "404")]
    [TestCase("GET /groups/ok", "200")]
    [TestCase("GET /mistake/ok", "500")]
    [Proves("FG-9")]
    public async Task A_name_that_a_stranger_chose_is_no_such_place(string request, string status)
    {
        await using var app = await StartAsync();
        Assert.That((await app.SendRawAsync($"{request} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))[9..12], Is.EqualTo(status));
        Assert.That(_log.Errors.Count, Is.EqualTo(status == "500" ? 1 : 0));
    }

    [TestCase("/room/a%20b", "404")]
    [TestCase("/room/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "404")]
    [TestCase("/initial/a%20b", "404")]
    [TestCase("/room/ok", "101")]
    [Proves("FG-9")]
    public async Task A_handshake_for_such_a_place_is_404_without_a_stack(string path, string status)
    {
        await using var app = await StartAsync();
        using var client = await RawWebSocketClient.ConnectAsync(app.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request(path: path)));
        Assert.That(await client.ReadHeadAsync(), Does.StartWith($"HTTP/1.1 {status}"));
        Assert.That(_log.Errors, Is.Empty);
    }

    [Test]
    [Proves("FN-3")]
    public async Task A_forgotten_accept_is_a_warning_that_names_consumer_route_and_remedy()
    {
        await using var app = await StartAsync();
        for (var i = 0; i < 3; i++)
        {
            using var client = await RawWebSocketClient.ConnectAsync(app.Port);
            await client.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request(path: "/forgetful/lobby")));
            await Forgetful.Connected.WaitAsync(Eventually.Patience);
            _time.Advance(TimeSpan.FromSeconds(11));
            Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 503"));
        }

        var line = _log.Lines.Single(line => line.Id == 1106);
        Assert.That(line.Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(line.Text, Does.Contain(nameof(Forgetful)).And.Contain("'forgetful/{room}'").And.Contain("AcceptAsync").And.Contain("HandshakeTimeout"));
    }

    private IEnumerable<string> Errors() => _log.Lines.Where(line => line.Id == 1020).Select(line => line.Text.Split("GET ")[1].Split(';')[0]);

    private static async Task GetAsync(LiveServer app, string path)
    {
        using var answer = await app.Http.GetAsync(path);
    }

    private Task<LiveServer> StartAsync() => LiveServer.StartAsync(
        services => new ProtocolTypeRouter
        {
            ["http"] = new UrlRouter
            {
                { "fail/{text}", (scope, receive, send) => throw new FormatException(scope.Route["text"]) },
                { "other/{text}", (scope, receive, send) => throw new FormatException(scope.Route["text"]) },
                { "groups/{name}", (scope, receive, send) => SendToGroupAsync(services, scope.Route["name"], send) },
                { "mistake/{name}", (scope, receive, send) => SendToGroupAsync(services, $"my group {scope.Route["name"]}", send) },
            },
            ["websocket"] = new UrlRouter
            {
                { "parse/{x}", Consumer.Of<Parsing>() },
                { "room/{room}", Consumer.Of<Room>() },
                { "initial/{room}", Consumer.Of<InitialRoom>() },
                { "forgetful/{room}", Consumer.Of<Forgetful>() },
            },
        },
        builder =>
        {
            builder.Logging.AddProvider(_log);
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.Configure<WebSocketServerOptions>(options => options.CheckOrigin = false);
        });

    private static async Task SendToGroupAsync(IServiceProvider services, string name, Send send)
    {
        await services.GetRequiredService<IChannelLayer>().GroupSendAsync(name, new ChannelMessage("x"));
        await send.TextAsync("ok");
    }

    private sealed class Parsing : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text) => SendTextAsync($"{int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)}");
    }

    private sealed class Room : WebSocketConsumer
    {
        protected override async ValueTask OnConnectAsync()
        {
            await Groups.AddAsync($"room-{Route["room"]}");
            await AcceptAsync();
        }
    }

    private sealed class InitialRoom : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => [$"room-{Route["room"]}"];
    }

    private sealed class Forgetful : WebSocketConsumer
    {
        public static SemaphoreSlim Connected { get; } = new(0);

        protected override ValueTask OnConnectAsync()
        {
            Connected.Release();
            return ValueTask.CompletedTask;
        }
    }
}
