using System.Diagnostics.Metrics;
using System.Net;
using System.Threading.RateLimiting;
using Channels.AspNetCore;
using Channels.Extending;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.AspNetCore;

/// <summary>How often people may connect, ask and send.</summary>
public sealed class RateLimitTests
{
    // Refilled by nobody, so that no test depends on a clock.
    private static readonly TokenBucketRateLimiterOptions Two = new() { TokenLimit = 2, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromMinutes(1), AutoReplenishment = false };

    [Test]
    public async Task A_connection_that_sends_too_much_is_closed_with_1008_and_others_are_not_concerned()
    {
        var app = RateLimitMiddleware.Wrap(Consumer.Of<Echo>(), new RateLimitOptions { MessagesPerConnection = () => new TokenBucketRateLimiter(Two) });
        await using var eager = Communicator.WebSocket(app, "/");
        await using var modest = Communicator.WebSocket(app, "/");
        await eager.ConnectAsync();
        await modest.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await eager.SendTextAsync($"{i}");
        }

        await eager.SendTextAsync("behind the close");
        Assert.That(await eager.ReceiveTextAsync(), Is.EqualTo("0"));
        Assert.That(await eager.ReceiveTextAsync(), Is.EqualTo("1"));
        Assert.That(await eager.ReceiveOutputAsync<WebSocketClose>(), Is.EqualTo(new WebSocketClose(1008, "too many messages")));
        await modest.SendTextAsync("a");
        Assert.That(await modest.ReceiveTextAsync(), Is.EqualTo("a"));
    }

    [Test]
    public async Task Messages_above_a_users_limit_are_dropped_where_that_is_chosen_however_many_sockets_the_user_has()
    {
        var count = 0L;
        await using var services = TestServices.Create();
        var own = services.GetRequiredService<ChannelsMetrics>().Meter; // other tests exceed limits at the same time
        using var meters = new MeterListener { InstrumentPublished = (instrument, listener) => { if (ReferenceEquals(instrument.Meter, own) && instrument.Name == "channels.limits.exceeded") { listener.EnableMeasurementEvents(instrument); } } };
        meters.SetMeasurementEventCallback<long>((_, value, tags, _) => Interlocked.Add(ref count, tags[0].Value is "messages" ? value : 0));
        meters.Start();
        using var limiter = By(RateLimitMiddleware.UserOf);
        var app = RateLimitMiddleware.Wrap(Consumer.Of<Echo>(), new RateLimitOptions { Messages = limiter, DropMessages = true });
        await using var first = Communicator.WebSocket(app, "/").WithServices(services).WithUser("ann");
        await using var second = Communicator.WebSocket(app, "/").WithServices(services).WithUser("ann");
        await using var other = Communicator.WebSocket(app, "/").WithServices(services).WithUser("bob");
        foreach (var socket in new[] { first, second, other })
        {
            await socket.ConnectAsync();
            await socket.SendTextAsync("hello");
            Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("hello"));
        }

        await first.SendTextAsync("dropped");
        await other.SendTextAsync("arrives");
        Assert.That(await other.ReceiveTextAsync(), Is.EqualTo("arrives"));
        await Eventually.Is(() => Interlocked.Read(ref count) == 1);
        await first.ReceiveNothingAsync();
        await first.DisconnectAsync();
    }

    [Test]
    [Proves("SEC-16")]
    public async Task Handshakes_and_requests_above_a_limit_by_address_get_429()
    {
        using var limiter = By(RateLimitMiddleware.AddressOf);
        var log = new LogRecord();
        await using var server = await LiveServer.StartFunctionAsync(
            RateLimitMiddleware.Wrap(static (scope, receive, send) => scope is HttpScope ? Respond.TextAsync(send, "ok") : ((Application)Consumer.Of<Echo>())(scope, receive, send), new RateLimitOptions { Handshakes = limiter }),
            builder => builder.Logging.AddProvider(log));
        using (await server.ConnectAsync("/"))
        {
            Assert.That(await server.Http.GetStringAsync("/"), Is.EqualTo("ok"));
        }

        using var refused = await server.Http.GetAsync("/");
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(refused.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(await Accounts.RefusalAsync(server, "/"), Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(log.Lines.Count(line => line.Id == 6002), Is.EqualTo(1), "once per episode");
    }

    [Test]
    public async Task The_first_refusals_are_one_episode_also_when_they_come_at_the_same_moment()
    {
        var log = new LogRecord();
        await using var services = TestServices.Create(services => services.AddLogging(logging => logging.AddProvider(log)));
        using var together = new Barrier(2);
        using var limiter = PartitionedRateLimiter.Create<RequestScope, string>(_ => RateLimitPartition.GetConcurrencyLimiter("all", _ => new ConcurrencyLimiterOptions { PermitLimit = 1 }));
        using var taken = limiter.AttemptAcquire(new HttpScope { Path = "/" });
        Application app = RateLimitMiddleware.Wrap(static (_, _, _) => Task.CompletedTask, new RateLimitOptions { Handshakes = limiter });
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () => app(new HttpScope { Path = "/", Services = new Meeting(services, together) }, _ => throw new InvalidOperationException("reads nothing"), (_, _) => ValueTask.CompletedTask),
            TaskCreationOptions.LongRunning).Unwrap()));

        Assert.That(log.Lines.Count(line => line.Id == 6002), Is.EqualTo(1));
    }

    [TestCase("203.0.113.9", "203.0.113.9")]
    [TestCase("::ffff:203.0.113.9", "203.0.113.9")]
    [TestCase("2001:db8:1:2:3::4", "20010db800010002/64")]
    [TestCase("2001:db8:1:2:ffff::5", "20010db800010002/64")]
    public void An_address_counts_as_one_subscriber(string address, string key) =>
        Assert.That(RateLimitMiddleware.AddressOf(new WebSocketScope { Path = "/", Client = new IPEndPoint(IPAddress.Parse(address), 1) }), Is.EqualTo(key));

    private static PartitionedRateLimiter<RequestScope> By(Func<RequestScope, string> key) =>
        PartitionedRateLimiter.Create<RequestScope, string>(scope => RateLimitPartition.GetTokenBucketLimiter(key(scope), _ => Two));

    /// <summary>Services whose logger nobody gets before two ask for it.</summary>
    private sealed class Meeting(IServiceProvider services, Barrier together) : IServiceProvider
    {
        public object? GetService(Type serviceType)
        {
            if (serviceType == typeof(ILoggerFactory))
            {
                together.SignalAndWait(Eventually.Patience);
            }

            return services.GetService(serviceType);
        }
    }

    private sealed class Echo : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text) => SendTextAsync(text);
    }
}
