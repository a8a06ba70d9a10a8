using Channels.Testing;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>The life of an application under a server.</summary>
public sealed class ServerLifespanTests
{
    private readonly List<string> _steps = [];

    [Test]
    [Proves("C-APP-07")]
    public async Task Each_scope_gets_a_shallow_copy_of_the_state()
    {
        List<string> shared = [];
        List<IDictionary<string, object?>> states = [];
        await using var app = await LiveServer.StartAsync(Around(scope => scope.State!["shared"] = shared, async (scope, receive, send) =>
        {
            states.Add(scope.State!);
            ((List<string>)scope.State!["shared"]!).Add("seen");
            scope.State["own"] = scope.State.ContainsKey("own") ? "leaked" : "mine";
            await send.TextAsync((string)scope.State["own"]!);
        }));

        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("mine"));
        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("mine"));
        Assert.That(shared, Has.Count.EqualTo(2));
        Assert.That(states[0], Is.Not.SameAs(states[1]));
    }

    [Test]
    [Proves("C-APP-08")]
    public void Startup_failed_stops_the_start_with_its_message()
    {
        Task<LiveServer> StartAsync() => LiveServer.StartAsync(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new LifespanStartupFailed("no database"));
            });

        Assert.That(() => StartAsync(), Throws.InvalidOperationException.With.Message.Contains("no database"));
    }

    [Test]
    [Proves("C-APP-08")]
    public void An_exception_at_start_stops_the_start()
    {
        static Task<LiveServer> StartAsync() => LiveServer.StartAsync((scope, receive, send) => throw new FormatException("boom"));

        Assert.That(() => StartAsync(), Throws.InvalidOperationException.With.Message.Contains("boom").And.InnerException.TypeOf<FormatException>());
    }

    [Test]
    [Proves("C-APP-08")]
    public async Task Only_an_unsupported_scope_means_no_lifespan()
    {
        await using var app = await LiveServer.StartAsync(
            async (scope, receive, send) =>
            {
                if (scope is not HttpScope)
                {
                    throw new UnsupportedScopeException("mine", scope, "http");
                }

                await send.TextAsync("served");
            });

        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("served"));
    }

    [Test]
    public async Task The_server_listens_after_start_and_stops_before_shutdown()
    {
        var app = await LiveServer.StartAsync(Around(_ => { }, (scope, receive, send) => send.TextAsync("ok")));
        Assert.That(_steps, Is.EqualTo(new[] { "startup" }));
        await app.Http.GetStringAsync("/");
        await app.DisposeAsync();

        Assert.That(_steps, Is.EqualTo(new[] { "startup", "shutdown" }));
    }

    [Test]
    public async Task A_port_that_is_taken_runs_shutdown_and_fails_the_start()
    {
        await using var first = await LiveServer.StartFunctionAsync((scope, receive, send) => Task.CompletedTask);
        Task<LiveServer> StartAsync() => LiveServer.StartAsync(Around(_ => { }, (scope, receive, send) => Task.CompletedTask), builder => builder.Set("urls", first.BaseAddress.ToString()));

        Assert.That(() => StartAsync(), Throws.InstanceOf<IOException>());
        Assert.That(_steps, Is.EqualTo(new[] { "startup", "shutdown" }));
    }

    [Test]
    [Proves("C-APP-09")]
    public async Task Answering_twice_or_out_of_order_is_an_error()
    {
        var errors = new List<string>();
        async ValueTask TryAsync(Send send, Event message) => errors.Add(Assert.CatchAsync<IllegalEventException>(async () => await send(message))!.Message);
        var runner = new LifespanRunner(
            async (scope, receive, send) =>
            {
                await TryAsync(send, new LifespanStartupComplete());
                await receive();
                await TryAsync(send, new LifespanShutdownComplete());
                await TryAsync(send, new HttpResponseStart(200));
                await send(new LifespanStartupComplete());
                await TryAsync(send, new LifespanStartupComplete());
                await TryAsync(send, new LifespanStartupFailed());
                await TryAsync(send, new LifespanShutdownComplete());
                await receive();
                await send(new LifespanShutdownComplete());
                await TryAsync(send, new LifespanShutdownComplete());
                Assert.CatchAsync<InvalidOperationException>(async () => await receive());
            },
            NoServices.Instance,
            NullLogger.Instance);
        await runner.StartAsync();
        await runner.StopAsync();

        Assert.That(errors, Has.Count.EqualTo(7));
        Assert.That(errors[1], Does.Contain("lifespan.shutdown.complete").And.Contain("lifespan.startup.complete"));
    }

    [Test]
    public async Task An_application_that_returns_without_an_answer_has_no_lifespan()
    {
        var runner = new LifespanRunner((scope, receive, send) => Task.CompletedTask, NoServices.Instance, NullLogger.Instance);
        await runner.StartAsync();

        Assert.That((runner.IsSupported, runner.State), Is.EqualTo((false, (IDictionary<string, object?>?)null)));
        await runner.StopAsync();
    }

    [TestCase("failed", 1001)]
    [TestCase("throws", 1004)]
    [TestCase("returns", 1002)]
    [TestCase("hangs", 1003)]
    public async Task A_shutdown_that_goes_wrong_is_logged_and_the_host_ends(string way, int id)
    {
        var log = new LogRecord();
        var runner = new LifespanRunner(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new LifespanStartupComplete());
                await receive();
                switch (way)
                {
                    case "failed":
                        await send(new LifespanShutdownFailed("why"));
                        break;
                    case "throws":
                        throw new FormatException("boom");
                    case "hangs":
                        await Task.Delay(Timeout.Infinite, scope.Aborted);
                        break;
                }
            },
            NoServices.Instance,
            log.CreateLogger("x"));
        await runner.StartAsync();
        using var limit = new CancellationTokenSource(way == "hangs" ? TimeSpan.FromMilliseconds(50) : Timeout.InfiniteTimeSpan);
        await runner.StopAsync(limit.Token);

        Assert.That(log.Lines.Select(line => line.Id), Is.EqualTo(new[] { id }));
    }

    private Application Around(Action<LifespanScope> start, Application inner) => async (scope, receive, send) =>
    {
        if (scope is not LifespanScope lifespan)
        {
            await inner(scope, receive, send);
            return;
        }

        await receive();
        start(lifespan);
        _steps.Add("startup");
        await send(new LifespanStartupComplete());
        await receive();
        _steps.Add("shutdown");
        await send(new LifespanShutdownComplete());
    };
}
