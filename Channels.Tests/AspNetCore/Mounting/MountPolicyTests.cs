using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using Channels.AspNetCore;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.AspNetCore;

/// <summary>What the site demands of an endpoint is demanded of the applications mounted there.</summary>
public sealed class MountPolicyTests
{
    [Test]
    [Proves("E-23", "SEC-17")]
    public async Task Authorization_of_the_endpoint_refuses_before_the_handshake_and_never_by_a_login_page()
    {
        await using var site = await StartAsync(endpoint => endpoint.RequireAuthorization("staff"));
        var ann = await LoginAsync(site, "ann", "staff");
        var bob = await LoginAsync(site, "bob", "guest");

        Assert.That(await site.RefusalAsync("/ws"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await site.RefusalAsync("/ws", socket => socket.Options.SetRequestHeader("Cookie", bob)), Is.EqualTo(HttpStatusCode.Forbidden));
        using var socket = await site.ConnectAsync("/ws", socket => socket.Options.SetRequestHeader("Cookie", ann));
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("hello ann"));
    }

    [TestCase("https://friend.example", true, "opened")]
    [TestCase("https://friend.example", false, "403", Description = "a policy without credentials, and browsers send cookies")]
    [TestCase("https://evilfriend.example", true, "403")]
    [TestCase("http://friend.example", true, "403")]
    [TestCase("null", true, "403")]
    [Proves("SEC-01")]
    public async Task Pages_of_other_hosts_are_let_in_by_the_endpoints_cors_policy_alone(string origin, bool credentials, string outcome)
    {
        await using var site = await StartAsync(endpoint => endpoint.RequireCors(credentials ? "friends" : "public"));

        Assert.That(await OpenAsync(site, origin), Is.EqualTo(outcome));
    }

    [Test]
    public async Task Without_a_cors_policy_the_origin_must_be_the_sites_own()
    {
        await using var site = await StartAsync(_ => { });

        Assert.That(await OpenAsync(site, "https://friend.example"), Is.EqualTo("403"));
        Assert.That(await OpenAsync(site, $"http://{site.Address.Authority}"), Is.EqualTo("opened"));
    }

    [Test]
    public async Task A_rate_limit_of_the_endpoint_counts_open_sockets()
    {
        await using var site = await StartAsync(endpoint => endpoint.RequireRateLimiting("one at a time"));
        var first = await site.ConnectAsync("/ws");
        Assert.That(await site.RefusalAsync("/ws"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        first.Dispose();

        await Eventually.Is(async () => await OpenAsync(site, null) == "opened");
    }

    private static async Task<string> OpenAsync(WebSite site, string? origin)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        try
        {
            await socket.ConnectAsync(new UriBuilder(new Uri(site.Address, "/ws")) { Scheme = "ws" }.Uri, CancellationToken.None);
            return "opened";
        }
        catch (WebSocketException)
        {
            return $"{(int)socket.HttpStatusCode}";
        }
    }

    private static Task<WebSite> StartAsync(Action<IEndpointConventionBuilder> demand) => WebSite.StartAsync(
        app =>
        {
            app.UseRouting();
            app.UseCors();
            app.UseAuthentication();
            app.UseAuthorization();
            app.UseRateLimiter();
            app.MapPost("/login", (HttpContext context, string name, string role) => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, role)], "cookie"))));
            demand(app.MapChannels("/ws", Consumer.Of<Greeter>()));
        },
        builder =>
        {
            builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
            builder.Services.AddAuthorizationBuilder().AddPolicy("staff", policy => policy.RequireRole("staff"));
            builder.Services.AddCors(cors =>
            {
                cors.AddPolicy("friends", policy => policy.WithOrigins("https://friend.example").AllowCredentials());
                cors.AddPolicy("public", policy => policy.AllowAnyOrigin());
            });
            builder.Services.AddRateLimiter(limits => limits.AddConcurrencyLimiter("one at a time", limit => limit.PermitLimit = 1));
        });

    private static async Task<string> LoginAsync(WebSite site, string name, string role)
    {
        using var answer = await site.Client.PostAsync($"/login?name={name}&role={role}", null);
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private sealed class Greeter : WebSocketConsumer
    {
        protected override async ValueTask OnConnectAsync()
        {
            await AcceptAsync();
            await SendTextAsync($"hello {Scope.User?.Identity?.Name}");
        }
    }
}
