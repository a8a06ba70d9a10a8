using System.Net;
using System.Net.WebSockets;
using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>The conformance sample as a process, through .NET's own client and Node's <c>ws</c>. One for all that need no switch, each test in a group of its own.</summary>
public sealed class ConformanceWebSocketTests
{
    private static readonly int[] Versions = [1, 2];
    private static SampleProcess s_server = null!; // set before the first test

    private static string Group => $"tea-{TestContext.CurrentContext.Test.ID}";

    [OneTimeSetUp]
    public static async Task StartAsync() => s_server = await ConformanceServer.StartAsync();

    [OneTimeTearDown]
    public static async Task EndAsync()
    {
        if (s_server is not null) // null when it has not started
        {
            await s_server.DisposeAsync();
        }
    }

    [TestCaseSource(nameof(Versions))]
    public async Task Echo_over_both_versions_of_http(int version)
    {
        using var socket = await ConnectAsync(s_server, version, "/echo");
        foreach (var text in new[] { "hello", "", "grüße 🚀", new string('x', 300_000) })
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);
            Assert.That(await ReceiveTextAsync(socket), Is.EqualTo(text));
        }

        await socket.CloseAsync((WebSocketCloseStatus)4001, "done", default);
        Assert.That((int?)socket.CloseStatus, Is.EqualTo(4001));
    }

    [TestCaseSource(nameof(Versions))]
    public async Task Groups_reach_every_member_and_http_may_publish(int version)
    {
        using var one = await ConnectAsync(s_server, version, $"/group/{Group}");
        using var two = await ConnectAsync(s_server, 3 - version, $"/group/{Group}");
        using var raw = await ConnectAsync(s_server, version, $"/group-raw/{Group}");
        await SendTextAsync(one, "to all");
        Assert.That(await ReceiveTextAsync(one), Is.EqualTo("to all"));
        Assert.That(await ReceiveTextAsync(two), Is.EqualTo("to all"));

        await SendTextAsync(raw, "as it came");
        foreach (var socket in new[] { one, two, raw })
        {
            Assert.That(await ReceiveTextAsync(socket), Is.EqualTo("as it came"));
        }

        using var http = new HttpClient { BaseAddress = s_server.Addresses[0] };
        using var published = await http.PostAsync($"/group/{Group}", new StringContent("from a cron job"));
        Assert.That(published.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await ReceiveTextAsync(one), Is.EqualTo("from a cron job"));
        Assert.That(await ReceiveTextAsync(two), Is.EqualTo("from a cron job"));
    }

    [TestCase("/echo-json")]
    [TestCase("/group-json/objects")]
    public async Task Typed_json_comes_back_and_other_json_is_refused(string path)
    {
        using var socket = await ConnectAsync(s_server, 1, path);
        await SendTextAsync(socket, """{ "text": "hi", "more": [1, 2] }""");
        Assert.That(await ReceiveTextAsync(socket), Is.EqualTo("""{"text":"hi"}"""));

        await SendTextAsync(socket, """{"text":""");
        var close = await socket.ReceiveAsync(new byte[100], default);
        Assert.That((close.MessageType, (int?)close.CloseStatus), Is.EqualTo((WebSocketMessageType.Close, 1007)));
    }

    [TestCase("")]
    [TestCase("--compression")]
    public async Task Another_make_of_client_agrees(string option)
    {
        ExternalTools.Require("npm:ws");
        await using var own = option.Length == 0 ? null : await ConformanceServer.StartAsync(option);
        var server = own ?? s_server;
        await NodeScript.RunAsync("echo.js", $"{server.WebSocketUrl("/echo")}", option.Length == 0 ? "plain" : "deflate");
        foreach (var group in new[] { "group", "group-raw", "group-json" })
        {
            // Fewer messages than an inbox holds (100): more in one burst may be dropped, by contract.
            await NodeScript.RunAsync("group.js", $"{server.WebSocketUrl($"/{group}/many")}", "20", "90");
        }
    }

    [Test]
    public async Task The_message_limit_is_an_option_and_closes_with_1009()
    {
        await using var server = await ConformanceServer.StartAsync("--max-message-bytes", "1000");
        using var socket = await ConnectAsync(server, 1, "/echo");
        await SendTextAsync(socket, new string('x', 1000));
        Assert.That(await ReceiveTextAsync(socket), Has.Length.EqualTo(1000));
        await SendTextAsync(socket, new string('x', 1001));
        var close = await socket.ReceiveAsync(new byte[100], default);
        Assert.That((int?)close.CloseStatus, Is.EqualTo(1009));
    }

    [Test]
    public async Task A_foreign_origin_is_let_in_here_and_refused_by_the_chat()
    {
        using var welcome = new ClientWebSocket();
        welcome.Options.SetRequestHeader("Origin", "http://elsewhere.example");
        await welcome.ConnectAsync(s_server.WebSocketUrl("/echo"), default);

        await using var chat = await SampleProcess.StartAsync("Chat");
        using var refused = new ClientWebSocket();
        refused.Options.SetRequestHeader("Origin", "http://elsewhere.example");
        refused.Options.CollectHttpResponseDetails = true;
        Assert.That(async () => await refused.ConnectAsync(chat.WebSocketUrl("/ws/chat/lobby/"), default), Throws.TypeOf<WebSocketException>());
        Assert.That(refused.HttpStatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [TestCase("Conformance", "/echo")]
    [TestCase("Conformance", "/group/tea")]
    [TestCase("Chat", "/ws/chat/lobby/")]
    [Proves("C-WS-22")]
    public async Task A_terminated_server_closes_with_1012_and_ends_with_success(string sample, string path)
    {
        await using var server = await SampleProcess.StartAsync(sample, "--shutdownTimeoutSeconds=3600", "--Channels:WebSocket:CloseTimeout=00:10:00"); // the test's answer may be late
        using var socket = await ConnectAsync(server, 1, path);
        var terminated = server.TerminateAsync();
        var close = await socket.ReceiveAsync(new byte[100], default);
        Assert.That((close.MessageType, (int?)close.CloseStatus), Is.EqualTo((WebSocketMessageType.Close, 1012)));
        await socket.CloseOutputAsync((WebSocketCloseStatus)1012, "", default);
        Assert.That(await terminated, Is.Zero, server.Output);
    }

    private static async Task<ClientWebSocket> ConnectAsync(SampleProcess server, int version, string path)
    {
        var socket = new ClientWebSocket();
        var address = new UriBuilder(new Uri(server.Addresses[version - 1], path)) { Scheme = "ws" }.Uri;
        if (version == 1)
        {
            await socket.ConnectAsync(address, default);
            return socket;
        }

        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await socket.ConnectAsync(address, new HttpMessageInvoker(new SocketsHttpHandler()), default); // lives as long as its connection
        return socket;
    }

    private static Task SendTextAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    private static async Task<string> ReceiveTextAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(Eventually.Patience);
        var buffer = new byte[400_000];
        var length = 0;
        WebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), limit.Token);
            Assert.That(result.MessageType, Is.EqualTo(WebSocketMessageType.Text), $"{result.CloseStatus} {result.CloseStatusDescription}");
            length += result.Count;
        }
        while (!result.EndOfMessage);

        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
