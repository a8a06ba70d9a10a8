using System.Net.WebSockets;
using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>
/// WebSockets whose host gives no upgrade but a socket of its own: ASP.NET Core's test server, and a server that we are
/// mounted in. The application sees the same as over frames of ours.
/// </summary>
public sealed class MessageTransportTests
{
    private readonly EventLog _log = new();
    private readonly ManualTimeProvider _time = new();
    private ChannelsEndpoint _endpoint = null!;
    private TestServer? _server;

    [TearDown]
    public void Stop() => _server?.Dispose();

    [Test]
    public async Task Messages_go_both_ways_in_any_length()
    {
        using var socket = await ConnectAsync(Applications.Recording(_log));
        foreach (var text in new[] { "", "äöü", new string('x', 10_000), new string('y', 200_000) })
        {
            await SendAsync(socket, text);
            Assert.That(await ReceiveTextAsync(socket), Is.EqualTo(text));
        }

        await socket.SendAsync(new byte[] { 1, 2, 3 }, WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
        await socket.SendAsync(new byte[] { 4 }, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        var (type, bytes) = await ReceiveAsync(socket);
        Assert.That((type, bytes), Is.EqualTo((WebSocketMessageType.Binary, new byte[] { 1, 2, 3, 4 })));
    }

    [Test]
    public async Task The_application_chooses_a_subprotocol()
    {
        using var socket = await ConnectAsync(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept(((WebSocketScope)scope).Subprotocols[1]));
                await receive();
            },
            configureClient: client => client.SubProtocols.Add("v1, v2"));
        Assert.That(socket.SubProtocol, Is.EqualTo("v2"));
    }

    [TestCase(4321, "fertig ✓")]
    [TestCase(1000, "")]
    public async Task The_peers_close_is_answered_and_reaches_the_application(int code, string reason)
    {
        using var socket = await ConnectAsync(Applications.Recording(_log));
        await SendAsync(socket, "x");
        await ReceiveTextAsync(socket);
        await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, CancellationToken.None);
        Assert.That(await ReceiveCloseAsync(socket), Is.EqualTo(code));
        Assert.That(await _log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(code, reason)));
        await Support.Eventually.Is(() => _endpoint.OpenWebSockets == 0);
    }

    [Test]
    public async Task The_applications_close_reaches_the_peer_and_what_comes_after_it_is_discarded()
    {
        using var socket = await ConnectAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            await receive();
            await send(new WebSocketClose(4000, "enough"));
            _log.Add(await receive());
        });
        await SendAsync(socket, "go");
        Assert.That(await ReceiveCloseAsync(socket), Is.EqualTo(4000));
        Assert.That(socket.CloseStatusDescription, Is.EqualTo("enough"));
        Assert.That(await _log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(4000, "enough")));
        await SendAsync(socket, "late");
        Assert.That(_endpoint.OpenWebSockets, Is.EqualTo(1), "the peer's close is waited for");
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        await Support.Eventually.Is(() => _endpoint.OpenWebSockets == 0);
    }

    [Test]
    public async Task A_peer_that_does_not_answer_our_close_is_cut_after_the_close_timeout()
    {
        using var socket = await ConnectAsync(Applications.Recording(_log));
        await AskToCloseAsync(socket);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.That(_endpoint.OpenWebSockets, Is.EqualTo(1));
        await Support.Eventually.Is(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1)); // the close may have been noted after the first ones
            return _endpoint.OpenWebSockets == 0;
        });
    }

    [Test]
    public async Task A_drain_closes_with_its_code()
    {
        using var socket = await ConnectAsync(Applications.Recording(_log));
        await AskToCloseAsync(socket);
        Assert.That(await _log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(1012)));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        await Support.Eventually.Is(() => _endpoint.OpenWebSockets == 0);
    }

    [Test]
    public async Task A_lost_peer_is_1006()
    {
        var socket = await ConnectAsync(Applications.Recording(_log));
        await SendAsync(socket, "x");
        await ReceiveTextAsync(socket);
        socket.Dispose();
        Assert.That(await _log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(1006)));
        await Support.Eventually.Is(() => _endpoint.OpenWebSockets == 0);
    }

    [Test]
    public async Task A_message_over_the_limit_closes_with_1009()
    {
        using var socket = await ConnectAsync(Applications.Recording(_log), options => options.MaxMessageBytes = 5000);
        await SendAsync(socket, new string('x', 5000));
        Assert.That(await ReceiveTextAsync(socket), Has.Length.EqualTo(5000));
        await SendAsync(socket, new string('x', 5001));
        Assert.That(await ReceiveCloseAsync(socket), Is.EqualTo(1009));
        Assert.That((await _log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1009));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        await Support.Eventually.Is(() => _endpoint.OpenWebSockets == 0);
    }

    [Test]
    public async Task An_application_may_want_shorter_messages_than_the_server_allows()
    {
        using var socket = await ConnectAsync(async (scope, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept { MaxMessageBytes = 100 });
            _log.Add(await receive());
        });
        await SendAsync(socket, new string('x', 101));
        Assert.That(await ReceiveCloseAsync(socket), Is.EqualTo(1009));
        Assert.That((await _log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1009));
    }

    [Test]
    public async Task Text_that_is_none_closes_with_1007()
    {
        using var socket = await ConnectAsync(Applications.Recording(_log));
        await socket.SendAsync(new byte[] { 0xff }, WebSocketMessageType.Text, true, CancellationToken.None);
        Assert.That(await ReceiveCloseAsync(socket), Is.EqualTo(1007));
    }

    [Test]
    public async Task A_refusal_is_a_plain_response()
    {
        var error = Assert.CatchAsync(async () => await ConnectAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketClose());
            _log.Add(await receive());
        }));
        Assert.That(error!.Message, Does.Contain("403"));
        Assert.That(await _log.NextAsync(), Is.EqualTo(new WebSocketDisconnect(1006)));
    }

    [Test]
    public async Task A_slow_application_stops_the_reading_and_loses_nothing()
    {
        var go = new TaskCompletionSource();
        using var socket = await ConnectAsync(
            async (_, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept());
                await go.Task;
                while (await receive() is WebSocketReceive message)
                {
                    await send(new WebSocketSend(message.Kind, message.Payload));
                }
            },
            options => options.MaxInboundMessageCount = 4);
        for (var i = 0; i < 200; i++)
        {
            await SendAsync(socket, $"{i}");
        }

        go.SetResult();
        for (var i = 0; i < 200; i++)
        {
            Assert.That(await ReceiveTextAsync(socket), Is.EqualTo($"{i}"));
        }
    }

    [Test]
    public async Task Pings_are_the_hosts_business_and_idle_limits_are_ours()
    {
        using var socket = await ConnectAsync(Applications.Recording(_log), options => options.IdleTimeout = TimeSpan.FromMinutes(2));
        await SendAsync(socket, "open"); // the peer hears of it before the server has noted it, and would be in its handshake still
        Assert.That(await ReceiveTextAsync(socket), Is.EqualTo("open"));
        _time.Advance(TimeSpan.FromSeconds(100)); // longer than a ping and its answer may take
        await SendAsync(socket, "still here");
        Assert.That(await ReceiveTextAsync(socket), Is.EqualTo("still here"));
        _time.Advance(TimeSpan.FromSeconds(122));
        Assert.That(await ReceiveCloseAsync(socket), Is.EqualTo(1000));
    }

    [Test]
    public async Task The_outbox_takes_messages_past_the_application()
    {
        using var socket = await ConnectAsync(async (scope, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            var outbox = scope.GetOutbox()!;
            _log.Add(ReferenceEquals(send, outbox.Send));
            _log.Add(outbox.TrySend([WebSocketSend.FromText("a"), WebSocketSend.FromText("b"), new WebSocketClose()]));
            await receive();
        });
        Assert.That((await _log.NextAsync(), await _log.NextAsync()), Is.EqualTo(((object)true, (object)2)));
        Assert.That(await ReceiveTextAsync(socket), Is.EqualTo("a"));
        Assert.That(await ReceiveTextAsync(socket), Is.EqualTo("b"));
    }

    [Test]
    [Proves("FG-1")]
    public async Task Whoever_is_ended_because_memory_is_short_hears_why_and_others_go_on()
    {
        using var large = await ConnectAsync(Applications.Recording(_log), configureServer: options => options.MaxHeldBytes = 256 * 1024);
        using var small = await _server!.CreateWebSocketClient().ConnectAsync(new Uri("ws://localhost/ws"), CancellationToken.None);
        await large.SendAsync(new byte[180_000], WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
        await small.SendAsync(new byte[100_000], WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
        Assert.That(await ReceiveCloseAsync(large), Is.EqualTo(1013));
        await large.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        await Support.Eventually.Is(() => _endpoint.OpenWebSockets == 1);
        await small.SendAsync(new byte[1], WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        Assert.That((await ReceiveAsync(small)).Bytes, Has.Length.EqualTo(100_001));
    }

    [Test]
    [Proves("FG-10")]
    public async Task Empty_fragments_count_as_frames_and_the_parts_of_a_long_one_do_not()
    {
        using var socket = await ConnectAsync(Applications.Recording(_log), options => options.MaxFramesPerSecond = 10);
        await SendAsync(socket, new string('x', 100_000));
        Assert.That(await ReceiveTextAsync(socket), Has.Length.EqualTo(100_000));
        for (var i = 0; i < 12; i++)
        {
            await socket.SendAsync(Array.Empty<byte>(), WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
        }

        Assert.That(await ReceiveCloseAsync(socket), Is.EqualTo(1008));
    }

    [Test]
    [Proves("FG-10")]
    public async Task A_socket_whose_parts_never_end_keeps_no_thread()
    {
        var socket = new EndlessSocket();
        var endpoint = new ChannelsEndpoint(
            async (_, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept());
                socket.Stop();
                _log.Add(await receive());
            },
            new ServiceCollection().BuildServiceProvider(),
            webSocket: new WebSocketServerOptions { CheckOrigin = false, MaxFramesPerSecond = 0 });
        var serving = endpoint.ServeAsync(socket.CreateRequest());
        Assert.That((await _log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1000));
        await serving;
        Assert.That(socket.IsExhausted, Is.False, "the application could stop it");
    }

    [Test]
    public async Task Mounted_in_another_server_frames_and_close_are_the_hosts_and_the_application_sees_the_same()
    {
        await using var server = await MountedServer.StartAsync(Applications.Recording(_log), new() { MaxMessageBytes = 1000, CheckOrigin = false });
        using (var client = await RawWebSocketClient.OpenAsync(server.Port))
        {
            await client.SendTextAsync("x");
            Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("x"));
            await client.SendAsync(RawFrame.ClientClose(4001, "bye"));
            Assert.That((await client.ReadFrameAsync()).CloseCode, Is.EqualTo(4001));
            Assert.That(await client.ReadToEndAsync(), Is.Empty);
        }

        Assert.That(await _log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(4001, "bye")));
        using (var client = await RawWebSocketClient.OpenAsync(server.Port))
        {
            await client.SendAsync(RawFrame.Client(2, new byte[1001]));
            await client.ExpectCloseAsync(1009);
        }

        Assert.That((await _log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1009));
        using (await RawWebSocketClient.OpenAsync(server.Port))
        {
        }

        Assert.That((await _log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1006));
        await Support.Eventually.Is(() => server.Endpoint.OpenWebSockets == 0);
    }

    private static Task SendAsync(WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

    private static async Task<string> ReceiveTextAsync(WebSocket socket)
    {
        var (type, bytes) = await ReceiveAsync(socket);
        Assert.That(type, Is.EqualTo(WebSocketMessageType.Text));
        return Encoding.UTF8.GetString(bytes);
    }

    private static async Task<int> ReceiveCloseAsync(WebSocket socket)
    {
        var (type, _) = await ReceiveAsync(socket);
        Assert.That(type, Is.EqualTo(WebSocketMessageType.Close));
        return (int)socket.CloseStatus!;
    }

    private static async Task<(WebSocketMessageType Type, byte[] Bytes)> ReceiveAsync(WebSocket socket)
    {
        using var limit = new CancellationTokenSource(Eventually.Patience);
        var all = new List<byte>();
        var buffer = new byte[1000];
        WebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer, limit.Token);
            all.AddRange(buffer.AsSpan(0, part.Count));
        }
        while (!part.EndOfMessage);
        return (part.MessageType, [.. all]);
    }

    private async Task AskToCloseAsync(WebSocket socket)
    {
        await _endpoint.DrainAsync();
        Assert.That(await ReceiveCloseAsync(socket), Is.EqualTo(1012));
    }

    private async Task<WebSocket> ConnectAsync(Application application, Action<WebSocketServerOptions>? configure = null, Action<WebSocketClient>? configureClient = null, Action<ChannelsServerOptions>? configureServer = null)
    {
        var options = new WebSocketServerOptions();
        configure?.Invoke(options);
        var serverOptions = new ChannelsServerOptions();
        configureServer?.Invoke(serverOptions);
        var services = new ServiceCollection().AddSingleton<ChannelsMetrics>().AddSingleton<TimeProvider>(_time).BuildServiceProvider();
        _server = new TestServer(services);
        _endpoint = new ChannelsEndpoint(application, services, serverOptions, options);
        await ((IServer)_server).StartAsync(new EndpointApplication(_endpoint), CancellationToken.None);
        var client = _server.CreateWebSocketClient();
        configureClient?.Invoke(client);
        return await client.ConnectAsync(new Uri("ws://localhost/ws"), CancellationToken.None);
    }
}
