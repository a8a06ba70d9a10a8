using System.Net;
using System.Text;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Engine;

/// <summary>Sessions without a server around them: how many there may be, and what is left of one.</summary>
public sealed class SessionLifeTests
{
    private static readonly ScopeKey<string> Tenant = new("tenant");
    private readonly ManualTimeProvider _time = new();

    [Test]
    [Proves("S-SIO-91")]
    public async Task Sessions_over_the_limit_are_refused_until_one_has_ended()
    {
        await using var server = await EngineServer.StartAsync(options: options => options.MaxSessions = 2);
        var first = await server.OpenAsync();
        await server.OpenAsync();
        using var refused = await server.Http.GetAsync(EngineServer.Path(EngineServer.Polling));
        Assert.That((refused.StatusCode, refused.Headers.RetryAfter?.Delta), Is.EqualTo((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5))));
        Assert.That(async () => await server.ConnectAsync(), Throws.InstanceOf<System.Net.WebSockets.WebSocketException>());
        await server.SendAsync(first, "1");
        await Eventually.Is(() => server.Engine.Count == 1);
        Assert.That(await server.OpenAsync(), Is.Not.Empty);
    }

    [Test]
    public async Task What_middleware_has_found_out_is_the_sessions()
    {
        string? seen = null;
        var told = new TaskCompletionSource();
        var engine = new EngineIOServer(new EngineIOOptions(), async (scope, receive, _) =>
        {
            seen = $"{scope.Get(Tenant)} {scope.User?.Identity?.Name} {((RequestScope)scope).Path} {scope.Type}";
            told.SetResult();
            await receive();
        });
        Application middleware = (scope, receive, send) => ((Application)engine)(scope.With(Tenant, "acme") with { User = new(new System.Security.Claims.ClaimsIdentity([new("name", "anna")], "test", "name", null)) }, receive, send);
        var answer = await new HttpCommunicator(middleware, "GET", $"/engine.io/{EngineServer.Polling}").GetResponseAsync(Eventually.Patience);
        Assert.That(answer.Status, Is.EqualTo(200));
        await told.Task;
        Assert.That(seen, Is.EqualTo("acme anna /engine.io/ engineio"));
    }

    [Test]
    public async Task An_application_that_fails_ends_its_session_and_no_other()
    {
        await using var server = await EngineServer.StartAsync(async (_, receive, send) =>
        {
            while (await receive() is EngineIOMessage message)
            {
                await send(message.GetText() == "fail" ? throw new InvalidOperationException("as asked") : EngineIOSend.FromUtf8(message.Payload.Span));
            }
        });
        var (bad, good) = (await server.OpenAsync(), await server.OpenAsync());
        await server.SendAsync(bad, "4fail");
        Assert.That(await server.PollAsync(bad), Is.EqualTo("1"));
        await server.ExpectClosedAsync(bad);
        await server.SendAsync(good, "4hello");
        Assert.That(await server.PollAsync(good), Is.EqualTo("4hello"));
    }

    [Test]
    [NonParallelizable] // what others hold would be counted, too
    [Proves("S-EIO-57")]
    public async Task Sessions_that_were_dropped_leave_nothing()
    {
        const int Sessions = 10_000;
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).BuildServiceProvider();
        var engine = new EngineIOServer(new EngineIOOptions(), Echo.RunAsync);
        await DropAsync(); // whatever is kept once is kept now
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await DropAsync();
        await Eventually.Is(() => GC.GetTotalMemory(forceFullCollection: true) - before < Sessions * 50); // of each; the last ones may be on their way out
        Assert.That((engine.Count, _time.ActiveTimers), Is.EqualTo((0, 0)));

        async Task DropAsync()
        {
            for (var i = 0; i < Sessions; i++)
            {
                var scope = new HttpScope { Path = "/engine.io/", QueryString = EngineServer.Polling[1..], Services = services };
                await engine.InvokeAsync(scope, _ => new(HttpRequest.Empty), (_, _) => ValueTask.CompletedTask);
            }

            Assert.That(engine.Count, Is.EqualTo(Sessions));
            _time.Advance(TimeSpan.FromSeconds(46));
            await Eventually.Is(() => engine.Count == 0);
        }
    }

    [Test]
    public async Task An_application_that_does_not_end_keeps_nobody_from_stopping()
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).BuildServiceProvider();
        var begun = new TaskCompletionSource();
        IHostedApplication engine = new EngineIOServer(new EngineIOOptions(), (_, _, _) =>
        {
            begun.SetResult();
            return new TaskCompletionSource().Task;
        });
        await ((EngineIOServer)engine).InvokeAsync(new HttpScope { Path = "/", QueryString = EngineServer.Polling[1..], Services = services }, _ => new(HttpRequest.Empty), (_, _) => ValueTask.CompletedTask);
        await begun.Task;
        Assert.That(async () => await engine.StopAsync(new CancellationToken(canceled: true)), Throws.Nothing, "the other applications of the host still have to be stopped");
    }

    [Test]
    public async Task One_timer_serves_all_sessions()
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).BuildServiceProvider();
        var engine = new EngineIOServer(new EngineIOOptions(), Echo.RunAsync);
        for (var i = 0; i < 1000; i++)
        {
            await engine.InvokeAsync(new HttpScope { Path = "/", QueryString = EngineServer.Polling[1..], Services = services }, _ => new(HttpRequest.Empty), (_, _) => ValueTask.CompletedTask);
        }

        Assert.That((engine.Count, _time.ActiveTimers), Is.EqualTo((1000, 1)));
    }

    private static IEnumerable<TestCaseData> Impossible =>
    [
        new(new EngineIOOptions { PingInterval = TimeSpan.Zero }, "PingInterval is 00:00:00"),
        new(new EngineIOOptions { PingTimeout = TimeSpan.FromHours(2) }, "PingTimeout is 02:00:00"),
        new(new EngineIOOptions { UpgradeTimeout = TimeSpan.Zero }, "UpgradeTimeout"),
        new(new EngineIOOptions { CloseTimeout = TimeSpan.Zero }, "CloseTimeout"),
        new(new EngineIOOptions { MaxPayload = 0 }, "MaxPayload is 0: it must be at least 1 byte"),
        new(new EngineIOOptions { MaxSessions = -1 }, "MaxSessions is -1"),
        new(new EngineIOOptions { MaxInboundMessageCount = 0 }, "MaxInboundMessageCount"),
        new(new EngineIOOptions { MaxInboundBytes = 0 }, "MaxInboundBytes"),
        new(new EngineIOOptions { MaxOutboundMessageCount = 0 }, "MaxOutboundMessageCount"),
        new(new EngineIOOptions { MaxOutboundBytes = 0 }, "MaxOutboundBytes"),
        new(new EngineIOOptions { CompressionMinBytes = -1 }, "CompressionMinBytes"),
        new(new EngineIOOptions { AllowPolling = false, AllowWebSocket = false }, "nobody could connect"),
        new(new EngineIOOptions { AllowedOrigins = { "*" }, AllowCredentials = true }, "list the origins"),
        new(new EngineIOOptions { AllowedOrigins = { " " } }, "AllowedOrigins holds an empty entry"),
        new(new EngineIOOptions { Cookie = new() { Name = "a b" } }, "Cookie.Name is 'a b'"),
        new(new EngineIOOptions { Cookie = new() { Path = "x;y" } }, "Cookie.Path is 'x;y'"),
        new(new EngineIOOptions { Cookie = new() { SameSite = "None" } }, "Cookie.SameSite is 'None'"),
    ];

    [Test]
    public async Task What_is_sent_right_before_the_end_while_a_poll_is_answered_waits_for_the_next_one()
    {
        var watch = new SessionWatch();
        await using var server = await EngineServer.StartAsync(watch.RunAsync);
        var sid = await server.OpenAsync();
        await Eventually.Is(() => watch.Scope is not null);
        await watch.Send!(EngineIOSend.FromText("first"));
        using var listener = server.OnPolledOut(() =>
        {
            _ = watch.Send!(EngineIOSend.FromText("last"));
            _ = watch.Send!(new EngineIOClose());
        });
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4first"));
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4last\u001e1"));
        await server.ExpectClosedAsync(sid);
    }

    [TestCaseSource(nameof(Impossible))]
    public void Options_that_cannot_be_are_told_by_name(EngineIOOptions options, string complaint) =>
        Assert.That(() => new EngineIOServer(options, Echo.RunAsync), Throws.ArgumentException.With.Message.Contains(complaint));

    [Test]
    public void Scopes_of_other_protocols_are_a_mistake()
    {
        var engine = new EngineIOServer(new EngineIOOptions(), Echo.RunAsync);
        Assert.That(async () => await engine.InvokeAsync(new LifespanScope(), _ => default, (_, _) => default), Throws.InstanceOf<UnsupportedScopeException>().With.Message.Contains("http, websocket"));
    }

    [Test]
    public async Task A_tree_shows_the_application_inside_and_works_without_a_host()
    {
        var engine = new EngineIOServer(new EngineIOOptions { AllowedOrigins = { "https://site.example" } }, Echo.RunAsync);
        Assert.That(ApplicationTree.Walk(engine).Select(entry => entry.Description), Does.Contain("Engine.IO").And.Contain(nameof(OriginValidator)));
        var socket = new WebSocketCommunicator(engine, $"/{EngineServer.WebSocket}").WithTimeout(Eventually.Patience);
        Assert.That((await socket.ConnectAsync()).Accepted, Is.True);
        EngineServer.Handshake(await socket.ReceiveTextAsync());
        await socket.SendTextAsync("4hello");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("4hello"));
        await socket.SendBinaryAsync(Encoding.UTF8.GetBytes("bytes"));
        Assert.That((await socket.ReceiveBinaryAsync()).ToArray(), Is.EqualTo("bytes"u8.ToArray()));
        await socket.DisconnectAsync();
    }
}
