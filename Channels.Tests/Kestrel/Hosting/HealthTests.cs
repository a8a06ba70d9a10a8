using System.Net;
using Channels.Testing;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>The built-in health endpoints (E-11, SEC-76).</summary>
public sealed class HealthTests
{
    [TestCase("/healthz/live")]
    [TestCase("/healthz/ready")]
    [Proves("E-11")]
    public async Task A_healthy_server_answers_200_in_front_of_the_application(string path)
    {
        await using var app = await StartAsync();

        using var answer = await app.Http.GetAsync(path);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("Healthy"));
        Assert.That(answer.Headers.CacheControl!.NoStore);
    }

    [TestCase("/healthz/")]
    [TestCase("/healthz/other")]
    [TestCase("/healthz")]
    [TestCase("/app/healthz/live")]
    public async Task Everything_else_belongs_to_the_application(string path)
    {
        await using var app = await StartAsync();

        Assert.That(await app.Http.GetStringAsync(path), Is.EqualTo("application"));
    }

    [Test]
    [Proves("E-11")]
    public async Task Registered_checks_decide_about_readiness_and_those_tagged_live_about_liveness()
    {
        await using var app = await StartAsync(services => services.AddHealthChecks()
            .AddCheck("redis", () => HealthCheckResult.Unhealthy("secret reason"))
            .AddCheck("deadlock", () => HealthCheckResult.Degraded(), tags: ["live"]));

        using var ready = await app.Http.GetAsync("/healthz/ready");
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await ready.Content.ReadAsStringAsync(), Is.EqualTo("Unhealthy"));
        Assert.That(await app.Http.GetStringAsync("/healthz/live"), Is.EqualTo("Degraded"));
    }

    [TestCase("X-Forwarded-For: 1.2.3.4")]
    [TestCase("Forwarded: for=1.2.3.4")]
    [Proves("SEC-76")]
    public async Task A_request_that_came_through_a_proxy_is_not_answered_by_default(string header)
    {
        await using var app = await StartAsync();
        var request = $"GET /healthz/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{header}\r\n\r\n";
        Assert.That(await app.SendRawAsync(request), Does.EndWith("application"));

        await using var open = await StartAsync(settings: ("HealthAccess", "Any"));
        Assert.That(await open.SendRawAsync(request), Does.EndWith("Healthy"));
    }

    [Test]
    [Proves("SEC-76")]
    public async Task Health_answers_can_be_turned_off()
    {
        await using var app = await StartAsync(settings: ("HealthChecks", "false"));

        Assert.That(await app.Http.GetStringAsync("/healthz/live"), Is.EqualTo("application"));
    }

    [Test]
    public async Task They_work_below_a_root_path()
    {
        await using var app = await StartAsync(settings: ("RootPath", "/site"));

        Assert.That(await app.Http.GetStringAsync("/site/healthz/live"), Is.EqualTo("Healthy"));
        Assert.That(await app.Http.GetStringAsync("/healthz/live"), Is.EqualTo("Healthy"), "behind a proxy that strips the root path");
    }

    private static Task<LiveServer> StartAsync(Action<IServiceCollection>? services = null, params (string Key, string Value)[] settings) =>
        LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync("application"), builder =>
        {
            services?.Invoke(builder.Services);
            builder.Set(settings.ToDictionary(setting => $"Channels:Server:{setting.Key}", setting => (string?)setting.Value));
        });
}
