using System.Security.Claims;
using System.Text.Encodings.Web;
using Channels.AspNetCore;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Tests.AspNetCore;

/// <summary>One login's time, as the sockets that have it see it.</summary>
public sealed class LoginLeaseTests
{
    [Test]
    public async Task A_scheme_that_takes_its_time_keeps_nobody_out()
    {
        var time = new ManualTimeProvider();
        var renewed = false;
        await using var services = TestServices.Create();
        LoginLease? lease = null;
        var user = new FoundUser(new ClaimsPrincipal(new ClaimsIdentity("test")), null, ["Cookies"], IsByCookie: false);
        lease = new LoginLease(time, new LoginLog(services), (_, _) => default, user, TimeSpan.FromMinutes(1), () =>
        {
            var renewing = Task.Run(() => lease!.Renew(null)); // as the consumer does, on a thread of its own
#pragma warning disable VSTHRD002, CA1849 // a scheme that blocks is what this is about
            renewed = renewing.Wait(Eventually.Patience);
#pragma warning restore VSTHRD002, CA1849
            return Task.FromResult(true);
        });
        using (lease)
        {
            await Task.Run(() => time.Advance(TimeSpan.FromMinutes(1)));
            Assert.That(renewed, Is.True);
        }
    }

    [Test]
    [Proves("FG-9")]
    public async Task While_nobody_can_be_asked_one_socket_is_told_of_and_the_others_are_counted()
    {
        var (time, log, store) = (new ManualTimeProvider(), new LogRecorder(), new Store());
        await using var services = TestServices.Create(services =>
        {
            services.AddSingleton(store).AddSingleton<TimeProvider>(time).AddSingleton<ILoggerFactory>(log);
            services.AddAuthentication("stored").AddScheme<AuthenticationSchemeOptions, Stored>("stored", null);
        });
        var app = AuthMiddleware.Wrap(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept());
                await receive();
            },
            new AuthOptions { RevalidateEvery = TimeSpan.FromMinutes(5) });
        await using var first = Communicator.WebSocket(app, "/").WithServices(services);
        await using var second = Communicator.WebSocket(app, "/").WithServices(services);
        await using var third = Communicator.WebSocket(app, "/").WithServices(services);
        foreach (var socket in new[] { first, second, third })
        {
            Assert.That((await socket.ConnectAsync()).Accepted);
        }

        store.IsAway = true;
        time.Advance(TimeSpan.FromMinutes(5));
        await Eventually.Is(() => store.Asked == 6); // each at its handshake, and now
        time.Advance(TimeSpan.FromSeconds(10));

        var lines = log.Lines.Where(line => line.Id is 6001 or 1031).ToArray();
        Assert.That(lines.Select(line => line.Id), Is.EqualTo(new[] { 6001, 1031 }));
        Assert.That(lines[0].Text, Does.Contain("the store is away"));
        Assert.That(lines[1].Text, Does.StartWith("2 more"));
    }

    private sealed class Store
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public bool IsAway { get; set; }

        public void Ask()
        {
            Interlocked.Increment(ref _asked);
            if (IsAway)
            {
                throw new IOException("the store is away");
            }
        }
    }

    private sealed class Stored(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, Store store) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            store.Ask();
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity("stored")), Scheme.Name)));
        }
    }
}
