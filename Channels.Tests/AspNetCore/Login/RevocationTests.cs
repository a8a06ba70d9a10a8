using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Channels.AspNetCore;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Tests.AspNetCore;

/// <summary>Logins that are taken away just while a socket is about to be reached under the names of its user.</summary>
public sealed class RevocationTests
{
    private readonly Revoked _revoked = new();

    [Test]
    [Proves("SEC-47", "C-AUTH-06")]
    public async Task What_is_taken_away_between_the_question_and_the_joining_refuses_the_handshake()
    {
        await using var server = await StartAsync(new AuthOptions());
        var (ann, bob) = (await Accounts.LoginAsync(server.Http, "ann"), await Accounts.LoginAsync(server.Http, "bob"));
        _revoked.NextToJoin = "ann";

        Assert.That(await Accounts.RefusalAsync(server, "/late", ann), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(_revoked.Connected, Is.Empty, "the consumer has seen nothing of it");
        using var other = await Accounts.OpenAsync(server, "/late", bob);
        await other.SendTextAsync("here");
        Assert.That(await other.ReadTextAsync(), Is.EqualTo("here"));
        Assert.That(_revoked.Connected, Is.EqualTo(new[] { "bob" }));
    }

    [Test]
    public async Task The_same_holds_for_a_token_that_a_socket_shows_later()
    {
        await using var server = await StartAsync(new AuthOptions
        {
            Schemes = [JwtBearerDefaults.AuthenticationScheme],
            RevalidateEvery = TimeSpan.FromHours(1),
            Names = user =>
            {
                _revoked.Names.TryAdd(user.Identity!.Name!, true); // known already, and not yet joined
                return [user.Identity.Name!];
            },
        });
        using var socket = await Accounts.OpenAsync(server, "/open"); // as nobody
        await socket.ReadTextAsync();
        await socket.SendTextAsync($"refresh {Accounts.Token("ann")}");
        var answer = await socket.ReadTextAsync();
        while (!answer.StartsWith("close", StringComparison.Ordinal))
        {
            answer = await socket.ReadTextAsync(); // what the consumer says of the new login, unless the end was faster
        }

        Assert.That(answer, Is.EqualTo($"close {Users.LoginEndedCode} login ended"));
    }

    [Test]
    public async Task A_token_that_is_good_for_one_question_is_asked_about_once()
    {
        await using var server = await StartAsync(new AuthOptions { Schemes = ["once"] });
        using var socket = await Accounts.OpenAsync(server, "/members?ticket=7");

        Assert.That(await socket.ReadTextAsync(), Does.StartWith("ann|True"));
        Assert.That(await Accounts.RefusalAsync(server, "/members?ticket=7"), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task In_a_site_the_schemes_of_the_endpoints_policy_are_asked_again_and_no_others()
    {
        await using var site = await WebSite.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapChannels("/ws", AuthMiddleware.Wrap(Consumer.Of<LateConsumer>(), new AuthOptions { RevalidateEvery = TimeSpan.FromHours(1) }))
                    .RequireAuthorization(policy => policy.AddAuthenticationSchemes(JwtBearerDefaults.AuthenticationScheme).RequireAuthenticatedUser());
            },
            builder => AddLogins(builder.Services));
        using var socket = await site.ConnectAsync("/ws", socket => socket.Options.SetRequestHeader("Authorization", $"Bearer {Accounts.Token("bob")}"));
        await socket.SendTextAsync("here");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("here"));
        _revoked.NextToJoin = "ann";

        Assert.That(await site.RefusalAsync("/ws", socket => socket.Options.SetRequestHeader("Authorization", $"Bearer {Accounts.Token("ann")}")), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private Task<LiveServer> StartAsync(AuthOptions options) => LiveServer.StartAsync(
        new ProtocolTypeRouter
        {
            ["http"] = AuthMiddleware.Wrap(new UrlRouter { { "POST login", Consumer.Of<Accounts.LoginConsumer>() } }),
            ["websocket"] = AuthMiddleware.Wrap(
                new UrlRouter
                {
                    { "open", Consumer.Of<Accounts.MemberConsumer>() },
                    { "members", RequireUser.Wrap(Consumer.Of<Accounts.MemberConsumer>()) },
                    { "late", RequireUser.Wrap(Consumer.Of<LateConsumer>()) },
                },
                options),
        },
        builder => AddLogins(builder.Services));

    private void AddLogins(IServiceCollection services)
    {
        Accounts.AddLogins(services);
        services.AddSingleton(_revoked);
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, OneTimeTickets>("once", null);
        services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, cookie => cookie.Events.OnValidatePrincipal = context =>
        {
            if (_revoked.Names.ContainsKey(context.Principal!.Identity!.Name!))
            {
                context.RejectPrincipal();
            }

            return Task.CompletedTask;
        });
        services.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, bearer => bearer.Events = new JwtBearerEvents
        {
            OnTokenValidated = context =>
            {
                if (_revoked.Names.ContainsKey(context.Principal!.Identity!.Name!))
                {
                    context.Fail("taken away");
                }

                return Task.CompletedTask;
            },
        });
    }

    /// <summary>Whose login is no longer good, and whose ends at the next joining.</summary>
    internal sealed class Revoked
    {
        public ConcurrentDictionary<string, bool> Names { get; } = new();

        public ConcurrentQueue<string> Connected { get; } = new();

        public string? NextToJoin { get; set; }
    }

    // Its own groups are joined first: the user is known by then, and the user's group is not joined yet.
    private sealed class LateConsumer(Revoked revoked, Users users) : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups
        {
            get
            {
                if (revoked.NextToJoin is { } name)
                {
                    revoked.NextToJoin = null;
                    revoked.Names.TryAdd(name, true);
                    var told = users.DisconnectAsync(name);
                    Assert.That(told.IsCompletedSuccessfully, "the layer in memory tells at once");
                }

                return [];
            }
        }

        protected override ValueTask OnConnectAsync()
        {
            revoked.Connected.Enqueue(Scope.GetUser().Identity!.Name!);
            return AcceptAsync();
        }

        protected override ValueTask OnTextAsync(string text) => SendTextAsync(text);
    }

    private sealed class OneTimeTickets(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, Revoked used) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(used.Names.TryAdd($"{Request.Query["ticket"]}", true)
            ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ann")], Scheme.Name)), Scheme.Name))
            : AuthenticateResult.Fail("used"));
    }
}
