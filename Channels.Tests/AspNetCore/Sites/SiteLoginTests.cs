using System.Net;
using Channels.AspNetCore;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.AspNetCore;

/// <summary>A site that stands behind the middleware that finds out who is there.</summary>
public sealed class SiteLoginTests
{
    [Test]
    [Proves("SEC-19")]
    public async Task A_site_behind_the_middleware_knows_the_user_and_neither_sees_nor_logs_the_token()
    {
        var log = new LogRecord();
        var site = AspNetCoreSite.Create(_ => { }, app => app.Map("{**path}", (HttpContext context) => $"{context.User.FindFirst("sub")?.Value} {context.Request.QueryString}"));
        await using var server = await LiveServer.StartAsync(
            new ProtocolTypeRouter { ["http"] = AuthMiddleware.Wrap(site, new AuthOptions { Schemes = ["Bearer"], TokenQueryParameter = "access_token" }) },
            builder =>
            {
                Accounts.AddLogins(builder.Services);
                builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace);
            });
        var token = Accounts.Token("ann");

        Assert.That(await server.Http.GetStringAsync($"/page?a=1&access_token={token}&b=2"), Is.EqualTo("ann ?a=1&b=2"));
        Assert.That(await server.Http.GetStringAsync($"/page?access_token={token}"), Is.EqualTo("ann "));
        Assert.That(await server.Http.GetStringAsync("/page??x=/?"), Is.EqualTo(" ??x=/?"));
        Assert.That(log.Lines.Where(line => line.Text.Contains("/page", StringComparison.Ordinal)), Is.Not.Empty, "the site logs addresses");
        Assert.That(log.Lines.Where(line => line.Text.Contains(token, StringComparison.Ordinal)).Select(line => line.Category), Is.Empty);
    }

    [Test]
    public async Task A_cookie_that_is_renewed_in_front_of_a_site_goes_with_the_sites_response_unless_the_site_sets_it_itself()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        var site = AspNetCoreSite.Create(_ => { }, app =>
        {
            app.MapGet("/page", (HttpContext context) => $"{context.User.Identity?.Name}");
            app.MapGet("/bye", (HttpContext context) => context.Response.Cookies.Delete("login"));
        });
        await using var server = await LiveServer.StartAsync(
            new ProtocolTypeRouter { ["http"] = AuthMiddleware.Wrap(new UrlRouter { { "POST login", Consumer.Of<Accounts.LoginConsumer>() }, { "{**rest}", site } }) },
            builder =>
            {
                Accounts.AddLogins(builder.Services);
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, cookie => (cookie.SlidingExpiration, cookie.Cookie.Name) = (true, "login"));
            });
        var cookie = await Accounts.LoginAsync(server.Http, "ann");
        Assert.That(await SetByAsync("/page"), Is.Empty, "half of its time is left");
        time.Advance(TimeSpan.FromMinutes(6));

        Assert.That(await SetByAsync("/page"), Has.Length.EqualTo(1).And.All.StartsWith("login=C"));
        Assert.That(await SetByAsync("/bye"), Has.Length.EqualTo(1).And.All.StartsWith("login=;"));

        async Task<string[]> SetByAsync(string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Cookie", cookie } } };
            using var answer = await server.Http.SendAsync(request);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            return answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? [.. cookies] : [];
        }
    }
}
