using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Every option is bound, checked at start, and echoed.</summary>
public sealed class ServerOptionsTests
{
    [TestCase("MaxRequestBodyBytes", "-1", "0 for no limit")]
    [TestCase("MaxRequestPartBytes", "0", "at least 1")]
    [TestCase("RequestTimeout", "-00:00:01", "0 for no limit")]
    [TestCase("RequestTimeout", "30.00:00:00", "24 days")]
    [TestCase("ApplicationCloseTimeout", "-00:00:01", "0 for no limit")]
    [TestCase("RootPath", "chat", "begin with a slash")]
    [TestCase("RootPath", "/chat/", "end without one")]
    [TestCase("RootPath", "//evil.com", "begin with a slash")]
    [TestCase("RootPath", "/a/../b", "'..' segments")]
    [TestCase("RootPath", "/a b", "%20")]
    [TestCase("ServerHeader", "a\nb", "control character")]
    [TestCase("AllowedHosts:0", "http://a/", "host name")]
    [TestCase("AllowedHosts:0", "", "host name")]
    [TestCase("TrustedProxies:0", "proxy", "10.0.0.0/8")]
    [TestCase("TrustedProxies:0", "10.0.0.0/33", "10.0.0.0/8")]
    [TestCase("TrustedProxies:0", "010.0.0.1", "10.0.0.0/8")]
    [TestCase("TrustedProxies:0", "10.1", "10.0.0.0/8")]
    [TestCase("TrustedProxies:0", "010.0.0.0/8", "10.0.0.0/8")]
    [TestCase("TrustedProxies:0", "::ffff:0.0.0.0/90", "10.0.0.0/8")]
    [TestCase("TrustedHeaders:0", "X-Forwarded-For", "For, Proto, Host, Port, Prefix")]
    [TestCase("UnixSocketMode", "rw", "three octal digits")]
    [TestCase("UnixSocketMode", "888", "three octal digits")]
    [TestCase("MaxWebSockets", "-1", "0 for no limit")]
    [TestCase("MaxWebSocketsPerAddress", "-1", "0 for no limit")]
    [TestCase("MaxHandshakesPerSecondPerAddress", "-1", "0 for no limit")]
    [TestCase("RetryAfter", "-00:00:01", "no such header")]
    [TestCase("ReadinessGrace", "-00:00:01", "0 for none")]
    [TestCase("DrainWindow", "-00:00:01", "all at once")]
    [TestCase("DrainWindow", "00:01:00", "ShutdownTimeout")]
    [TestCase("DrainBatch", "0", "at least 1")]
    [TestCase("ShutdownCloseCode", "1000", "1012")]
    [TestCase("HealthAccess", "7", "Loopback or Any")]
    [Proves("E-06")]
    public void A_bad_option_stops_the_start_and_is_named_with_its_remedy(string key, string value, string remedy)
    {
        Task<LiveServer> StartAsync() => LiveServer.StartFunctionAsync((scope, receive, send) => Task.CompletedTask, builder => builder.Set($"Channels:Server:{key}", value));

        var error = Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync())!;
        Assert.That(error.Message, Does.Contain($"Channels:Server:{key.Split(':')[0]}").And.Contain(remedy));
    }

    [Test]
    [Proves("E-06")]
    public void Defaults_are_valid_and_generous_values_too()
    {
        var host = Options.Create(new HostOptions());
        var options = new ChannelsServerOptions
        {
            MaxRequestBodyBytes = 0,
            MaxWebSockets = 0,
            MaxWebSocketsPerAddress = 0,
            RequestTimeout = TimeSpan.FromDays(1),
            ApplicationCloseTimeout = TimeSpan.Zero,
            DrainWindow = TimeSpan.Zero,
            RootPath = "/a/b",
            ShutdownCloseCode = 1001,
            HealthAccess = HealthAccess.Any,
            AllowedHosts = { "*", "example.com", ".example.com", "*.example.com", "127.0.0.1", "[::1]" },
            TrustedProxies = { "10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "::ffff:127.0.0.0/104", "unix" },
            TrustedHeaders = { "for", "Proto", "Host", "Port", "Prefix" },
        };

        IValidateOptions<ChannelsServerOptions>[] validators = [new CheckedOptionsValidator<ChannelsServerOptions>(), new ShutdownTimeValidator(host)];
        Assert.That(validators.SelectMany(validator => validator.Validate(null, new ChannelsServerOptions()).Failures ?? []), Is.Empty);
        Assert.That(validators.SelectMany(validator => validator.Validate(null, options).Failures ?? []), Is.Empty);
    }

    [Test]
    public void Several_mistakes_are_told_at_once()
    {
        Task<LiveServer> StartAsync() => LiveServer.StartFunctionAsync((scope, receive, send) => Task.CompletedTask, builder => builder.Set(new()
        {
            ["Channels:Server:DrainBatch"] = "0",
            ["Channels:Server:MaxWebSockets"] = "-1",
        }));

        var error = Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync())!;
        Assert.That(error.Failures.Count(), Is.EqualTo(2));
    }

    [Test]
    public void The_body_limit_has_one_name_only()
    {
        Task<LiveServer> StartAsync() => LiveServer.StartFunctionAsync((scope, receive, send) => Task.CompletedTask, builder => builder.Set("Kestrel:Limits:MaxRequestBodySize", "5"));

        Assert.That(() => StartAsync(), Throws.InvalidOperationException.With.Message.Contains("Channels:Server:MaxRequestBodyBytes"));
    }

    [Test]
    [Proves("E-03")]
    public async Task Transport_limits_of_the_kestrel_section_are_bound()
    {
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => Task.CompletedTask, builder => builder.Set("Kestrel:Limits:MaxRequestHeaderCount", "3"));

        Assert.That(await app.SendRawAsync("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"), Does.StartWith("HTTP/1.1 431 "));
    }

    [Test]
    [Proves("E-03")]
    public async Task Kestrels_options_set_in_code_are_stronger_than_our_defaults_whenever_they_were_set()
    {
        var defaults = 0;
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => Task.CompletedTask, builder => builder.Services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = 33;
            kestrel.Limits.MaxRequestBufferSize = 200_000;
            kestrel.Limits.Http2.InitialStreamWindowSize = 200_000;
            kestrel.ConfigureEndpointDefaults(_ => defaults++);
        }));

        var limits = app.Services.GetRequiredService<IOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>>().Value.Limits;
        Assert.That((limits.MaxConcurrentConnections, limits.MaxRequestBufferSize, limits.Http2.InitialStreamWindowSize), Is.EqualTo((33L, 200_000L, 200_000)));
        Assert.That(defaults, Is.EqualTo(1));
        Assert.That(limits.RequestHeadersTimeout, Is.EqualTo(TimeSpan.FromSeconds(10)), "the rest is ours");
    }

    [Test]
    [Proves("SEC-14")]
    public async Task Headers_must_arrive_within_ten_seconds_unless_configured_otherwise()
    {
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => Task.CompletedTask);

        var kestrel = app.Services.GetRequiredService<IOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>>().Value;
        Assert.That(kestrel.Limits.RequestHeadersTimeout, Is.EqualTo(TimeSpan.FromSeconds(10)));
        Assert.That((kestrel.Limits.MaxRequestHeaderCount, kestrel.Limits.MaxRequestHeadersTotalSize), Is.EqualTo((100, 32 * 1024)));
    }

    [Test]
    [Proves("REL-62")]
    public async Task The_limits_are_echoed_once_at_start()
    {
        var log = new LogRecord();
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => Task.CompletedTask, builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(log);
            builder.Set("Channels:Server:MaxWebSockets", "77");
        });

        Assert.That(log.Lines.Single(line => line.Id == 1011).Level, Is.EqualTo(LogLevel.Debug));
        Assert.That(log.Lines.Where(line => line.Id == 1011).Select(line => line.Text), Has.Exactly(1).Contains("WebSockets 77"));
        Assert.That(log.Lines.Single(line => line.Id == 1010).Text, Does.Contain($"127.0.0.1:{app.Port}"));
    }
}
