using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>How a session begins, and who is refused one.</summary>
public sealed class HandshakeTests
{
    private static readonly string[] Keys = ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"];

    [Test]
    [Proves("S-EIO-01", "S-EIO-16")]
    public async Task Polling_gets_a_session_and_its_terms()
    {
        await using var server = await EngineServer.StartAsync(options: options => (options.PingInterval, options.PingTimeout, options.MaxPayload) = (TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(200), 1_000_000));
        using var answer = await server.Http.GetAsync(EngineServer.Path(EngineServer.Polling));
        var body = await answer.Content.ReadAsStringAsync();
        var terms = EngineServer.Handshake(body);
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Content.Headers.GetValues("content-type"), Is.EqualTo(new[] { "text/plain; charset=UTF-8" }));
            Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(body.Length));
            Assert.That(answer.Headers.CacheControl?.NoStore, Is.True);
            Assert.That(terms.EnumerateObject().Select(term => term.Name), Is.EqualTo(Keys));
            Assert.That(terms.GetProperty("upgrades").GetRawText(), Is.EqualTo("""["websocket"]"""));
            Assert.That(terms.GetProperty("pingInterval").GetInt32(), Is.EqualTo(300));
            Assert.That(terms.GetProperty("pingTimeout").GetInt32(), Is.EqualTo(200));
            Assert.That(terms.GetProperty("maxPayload").GetInt32(), Is.EqualTo(1_000_000));
            Assert.That(answer.Headers.Contains("set-cookie"), Is.False);
        });
    }

    [Test]
    [Proves("S-EIO-05", "S-EIO-14")]
    public async Task A_websocket_gets_the_same_terms_and_nothing_to_upgrade_to()
    {
        await using var server = await EngineServer.StartAsync();
        using var socket = await server.ConnectAsync();
        var terms = EngineServer.Handshake(await socket.ReadTextAsync());
        Assert.That(terms.EnumerateObject().Select(term => term.Name), Is.EqualTo(Keys));
        Assert.That(terms.GetProperty("upgrades").GetArrayLength(), Is.Zero);
    }

    [TestCase(false, true)]
    [TestCase(true, false)]
    [Proves("S-EIO-14")]
    public async Task Without_upgrades_polling_announces_none(bool webSocket, bool upgrades)
    {
        await using var server = await EngineServer.StartAsync(options: options => (options.AllowWebSocket, options.AllowUpgrades) = (webSocket, upgrades));
        var terms = EngineServer.Handshake(await server.Http.GetStringAsync(EngineServer.Path(EngineServer.Polling)));
        Assert.That(terms.GetProperty("upgrades").GetArrayLength(), Is.Zero);
    }

    [TestCase("GET", "?transport=polling", 5, "Unsupported protocol version")]
    [TestCase("GET", "?transport=polling&EIO=abc", 5, "Unsupported protocol version")]
    [TestCase("GET", "?transport=polling&EIO=3", 5, "Unsupported protocol version")]
    [TestCase("GET", "?EIO=4", 0, "Transport unknown")]
    [TestCase("GET", "?EIO=4&transport=abc", 0, "Transport unknown")]
    [TestCase("GET", "?EIO=4&transport=websocket", 3, "Bad request")]
    [TestCase("POST", "?EIO=4&transport=polling", 2, "Bad handshake method")]
    [TestCase("PUT", "?EIO=4&transport=polling", 2, "Bad handshake method")]
    [TestCase("OPTIONS", "?EIO=4&transport=polling", 2, "Bad handshake method")]
    [TestCase("GET", "?EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown")]
    [TestCase("POST", "?EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown")]
    [Proves("S-EIO-02", "S-EIO-03", "S-EIO-04", "S-EIO-09", "S-EIO-10", "S-EIO-11", "S-EIO-12", "S-EIO-71")]
    public async Task What_is_no_handshake_is_refused_with_code_and_words(string method, string query, int code, string message)
    {
        await using var server = await EngineServer.StartAsync();
        using var answer = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), EngineServer.Path(query)));
        Assert.Multiple(async () =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
            Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo($$"""{"code":{{code}},"message":"{{message}}"}"""));
            Assert.That(server.Engine.Count, Is.Zero);
        });
    }

    [TestCase("?transport=websocket")]
    [TestCase("?transport=websocket&EIO=abc")]
    [TestCase("?transport=websocket&EIO=3")]
    [TestCase("?EIO=4")]
    [TestCase("?EIO=4&transport=abc")]
    [TestCase("?EIO=4&transport=polling")]
    [TestCase("?EIO=4&transport=websocket&sid=nobody")]
    [Proves("S-EIO-06", "S-EIO-07", "S-EIO-10", "S-EIO-12")]
    public async Task A_websocket_that_is_no_handshake_is_refused_before_it_is_one(string query)
    {
        await using var server = await EngineServer.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        Assert.That(async () => await socket.ConnectAsync(server.Live.WebSocketAddress(EngineServer.Path(query).OriginalString), CancellationToken.None), Throws.InstanceOf<WebSocketException>());
        Assert.That(socket.HttpStatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    [Proves("S-EIO-08", "SEC-64")]
    public async Task Ids_are_random_and_fit_into_an_address()
    {
        await using var server = await EngineServer.StartAsync();
        var ids = new List<string>();
        for (var i = 0; i < 50; i++)
        {
            ids.Add(await server.OpenAsync());
        }

        Assert.That(ids, Is.Unique);
        Assert.That(ids, Has.All.Length.GreaterThanOrEqualTo(22).And.All.Matches("^[A-Za-z0-9._~-]+$"), "6 bits in each character: 128 need 22 of them");
    }

    [Test]
    [Proves("S-EIO-13")]
    public async Task A_veto_is_told_and_makes_no_session()
    {
        await using var server = await EngineServer.StartAsync(options: options => options.AllowRequest = request => new(request.QueryString.Contains("token=right", StringComparison.Ordinal) ? null : "no \"token\""));
        using var refused = await server.Http.GetAsync(EngineServer.Path(EngineServer.Polling));
        Assert.That((refused.StatusCode, JsonSerializer.Deserialize<JsonElement>(await refused.Content.ReadAsStringAsync()).ToString()),
            Is.EqualTo((HttpStatusCode.Forbidden, """{"code":4,"message":"no \u0022token\u0022"}""")));
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        Assert.That(async () => await socket.ConnectAsync(server.Live.WebSocketAddress(EngineServer.Path(EngineServer.WebSocket).OriginalString), CancellationToken.None), Throws.InstanceOf<WebSocketException>());
        Assert.That((socket.HttpStatusCode, server.Engine.Count), Is.EqualTo((HttpStatusCode.Forbidden, 0)));
        Assert.That(await server.OpenAsync("&token=right"), Is.Not.Empty);
    }

    [TestCase("EIO=3")]
    [TestCase("EIO=5")]
    [TestCase("x=1")]
    [Proves("S-EIO-15")]
    public async Task A_later_request_of_another_revision_is_refused_and_harms_nobody(string revision)
    {
        await using var server = await EngineServer.StartAsync();
        var sid = await server.OpenAsync();
        using var answer = await server.Http.GetAsync(EngineServer.Path($"?{revision}&transport=polling&sid={sid}"));
        Assert.That((answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.BadRequest, """{"code":3,"message":"Bad request"}""")));
        await server.SendAsync(sid, "4still here");
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4still here"));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("S-EIO-17", "S-EIO-18")]
    public async Task The_first_request_stays_readable(bool polling)
    {
        await using var server = await EngineServer.StartAsync(async (scope, receive, send) =>
        {
            while (await receive() is EngineIOMessage)
            {
                var session = (EngineIOScope)scope;
                await send(EngineIOSend.FromText($"{session.Type} {session.Headers["x-from"]} {session.QueryString} {session.Client?.Address} {session.CurrentTransport}"));
            }
        });
        const string More = "&t=abc&room=7";
        if (polling)
        {
            server.Http.DefaultRequestHeaders.Add("x-from", "home");
            var sid = await server.OpenAsync(More);
            server.Http.DefaultRequestHeaders.Clear();
            await server.SendAsync(sid, "4?");
            Assert.That(await server.PollAsync(sid), Is.EqualTo($"4engineio home {EngineServer.Polling[1..]}{More} 127.0.0.1 Polling"));
        }
        else
        {
            using var socket = await server.Live.ConnectAsync($"/engine.io/{EngineServer.WebSocket}{More}", options => options.SetRequestHeader("x-from", "home"));
            await socket.ReadTextAsync();
            await socket.SendTextAsync("4?");
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo($"4engineio home {EngineServer.WebSocket[1..]}{More} 127.0.0.1 WebSocket"));
        }
    }

    [Test]
    [Proves("S-EIO-75")]
    public async Task Paths_with_and_without_a_slash_at_the_end_are_the_same()
    {
        await using var server = await EngineServer.StartAsync();
        Assert.That(await server.Http.GetStringAsync($"/engine.io{EngineServer.Polling}"), Does.StartWith("0{"));
        Assert.That(await server.Http.GetStringAsync($"/engine.io/{EngineServer.Polling}"), Does.StartWith("0{"));
    }
}
