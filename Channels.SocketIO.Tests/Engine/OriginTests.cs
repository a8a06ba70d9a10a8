using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using Channels.Kestrel;
using Channels.Routing;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Engine;

/// <summary>Whose pages, and whose users, a session takes.</summary>
public sealed class OriginTests
{
    private const string Ours = "https://site.example";
    private const string Theirs = "https://evil.example";

    [Test]
    [Proves("S-EIO-71")]
    public async Task A_browser_that_asks_first_is_told_what_it_may()
    {
        await using var server = await EngineServer.StartAsync(options: options => options.AllowedOrigins.Add("*"));
        using var ask = new HttpRequestMessage(HttpMethod.Options, EngineServer.Path(EngineServer.Polling))
        {
            Headers = { { "Origin", Theirs }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "x-one, x-two" } },
        };
        using var answer = await server.Http.SendAsync(ask);
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That(Header(answer, "access-control-allow-origin"), Is.EqualTo("*"));
            Assert.That(Header(answer, "access-control-allow-methods"), Is.EqualTo("GET,HEAD,PUT,PATCH,POST,DELETE"));
            Assert.That(Header(answer, "access-control-allow-headers"), Is.EqualTo("x-one, x-two"));
        });
    }

    [Test]
    [Proves("S-EIO-71")]
    public async Task Answers_and_errors_name_the_origin()
    {
        await using var server = await EngineServer.StartAsync(options: options =>
        {
            options.AllowedOrigins.Add(Ours);
            options.AllowCredentials = true;
        });
        foreach (var query in new[] { EngineServer.Polling, "?EIO=4&transport=polling&sid=nobody", "?transport=abc" })
        {
            using var answer = await server.Http.SendAsync(From(Ours, HttpMethod.Get, query));
            Assert.That((Header(answer, "access-control-allow-origin"), Header(answer, "access-control-allow-credentials"), Header(answer, "vary")), Is.EqualTo((Ours, "true", "Origin")));
        }

        using var foreign = await server.Http.SendAsync(From(Theirs, HttpMethod.Get, EngineServer.Polling));
        Assert.That((foreign.StatusCode, Header(foreign, "access-control-allow-origin")), Is.EqualTo((HttpStatusCode.Forbidden, "")));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Proves("S-EIO-72", "SEC-65")]
    public async Task One_rule_holds_for_handshakes_polls_posts_and_websockets(bool listed)
    {
        await using var server = await EngineServer.StartAsync(options: options =>
        {
            if (listed)
            {
                options.AllowedOrigins.Add(Ours);
            }
        });
        var own = listed ? Ours : server.Live.BaseAddress.GetLeftPart(UriPartial.Authority);
        var sid = await server.OpenAsync();
        var later = $"{EngineServer.Polling}&sid={sid}";
        foreach (var (method, query) in new[] { (HttpMethod.Get, EngineServer.Polling), (HttpMethod.Get, later), (HttpMethod.Post, later) })
        {
            using var refused = await server.Http.SendAsync(From(Theirs, method, query));
            Assert.That((refused.StatusCode, await refused.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.Forbidden, """{"code":4,"message":"Forbidden"}""")), $"{method} {query}");
        }

        Assert.That(async () => await server.Live.ConnectAsync($"/engine.io/{EngineServer.WebSocket}", options => options.SetRequestHeader("Origin", Theirs)), Throws.InstanceOf<WebSocketException>());
        Assert.That(async () => await server.Live.ConnectAsync($"/engine.io/{EngineServer.WebSocket}&sid={sid}", options => options.SetRequestHeader("Origin", Theirs)), Throws.InstanceOf<WebSocketException>());

        using var post = From(own, HttpMethod.Post, later);
        post.Content = new StringContent("4hello");
        using var taken = await server.Http.SendAsync(post);
        using var poll = await server.Http.SendAsync(From(own, HttpMethod.Get, later));
        Assert.That(await poll.Content.ReadAsStringAsync(), Is.EqualTo("4hello"));
        using var socket = await server.Live.ConnectAsync($"/engine.io/{EngineServer.WebSocket}&sid={sid}", options => options.SetRequestHeader("Origin", own));
        await socket.SendTextAsync("2probe");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("3probe"));
    }

    [TestCase(false, "is not the host of the request")]
    [TestCase(true, "is not allowed")]
    [Proves("FN-4")]
    public async Task What_polling_is_refused_for_is_told_once_with_origin_host_and_option(bool listed, string objection)
    {
        var logs = new LogRecord();
        await using var server = await EngineServer.StartAsync(
            options: options =>
            {
                if (listed)
                {
                    options.AllowedOrigins.Add(Ours);
                }
            },
            host: builder => builder.Services.AddSingleton<ILoggerProvider>(logs));
        for (var i = 0; i < 3; i++)
        {
            using var refused = await server.Http.SendAsync(From(Theirs, HttpMethod.Get, EngineServer.Polling));
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        }

        var told = logs.Lines.Where(line => line.Id == 4010).Select(line => $"{line.Category} {line.Level}: {line.Text}");
        Assert.That(told, Is.EqualTo(new[]
        {
            $"Channels.Security Information: Refused http '/engine.io/' with 403: its origin {objection} (origin '{Theirs}', host '{server.Live.BaseAddress.Authority}', rule EngineIOOptions.AllowedOrigins)",
        }));
    }

    [Test]
    [Proves("S-SIO-90", "SEC-64")]
    public async Task Another_users_request_does_not_continue_a_session()
    {
        var engine = new EngineIOServer(new EngineIOOptions { RequireSameUser = true }, Echo.RunAsync);
        Application named = (scope, receive, send) => ((Application)engine)(
            scope is RequestScope request && request.Headers["x-user"] is { } user ? scope with { User = new(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test")) } : scope, receive, send);
        await using var live = await LiveServer.StartFunctionAsync(named);
        var sid = await OpenAsync("anna");
        using var foreign = await SendAsync(HttpMethod.Get, "bob");
        using var nobody = await SendAsync(HttpMethod.Post, null);
        using var own = await SendAsync(HttpMethod.Post, "anna");
        Assert.That((foreign.StatusCode, nobody.StatusCode, own.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.OK)));
        Assert.That(async () => await live.ConnectAsync($"/{EngineServer.WebSocket}&sid={sid}", options => options.SetRequestHeader("x-user", "bob")), Throws.InstanceOf<WebSocketException>());
        using var socket = await live.ConnectAsync($"/{EngineServer.WebSocket}&sid={sid}", options => options.SetRequestHeader("x-user", "anna"));
        await socket.SendTextAsync("2probe");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("3probe"));

        async Task<string> OpenAsync(string user)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/{EngineServer.Polling}") { Headers = { { "x-user", user } } };
            using var answer = await live.Http.SendAsync(request);
            return EngineServer.Handshake(await answer.Content.ReadAsStringAsync()).GetProperty("sid").GetString()!;
        }

        Task<HttpResponseMessage> SendAsync(HttpMethod method, string? user)
        {
            var request = new HttpRequestMessage(method, $"/{EngineServer.Polling}&sid={sid}");
            if (user is not null)
            {
                request.Headers.Add("x-user", user);
            }

            if (method == HttpMethod.Post)
            {
                request.Content = new StringContent("4hello");
            }

            return live.Http.SendAsync(request);
        }
    }

    private static HttpRequestMessage From(string origin, HttpMethod method, string query) => new(method, EngineServer.Path(query)) { Headers = { { "Origin", origin } } };

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";
}
