using Channels.Testing;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Which hosts a request may name: what the option says, however it is written, and what counts without it.</summary>
public sealed class AllowedHostsOptionTests
{
    [TestCase("AllowedHosts", "example.com")]
    [TestCase("AllowedHosts", "example.org, example.com;example.net")]
    [TestCase("AllowedHosts:0", "example.com")]
    [Proves("FN-2")]
    public async Task A_list_given_as_text_is_a_list(string key, string value)
    {
        await using var app = await StartAsync(key, value);
        Assert.That(await StatusAsync(app, "example.com"), Is.EqualTo("200"));
        Assert.That(await StatusAsync(app, "evil.example"), Is.EqualTo("400"));
    }

    [TestCase(".example.com", "example.com", "200")]
    [TestCase(".example.com", "a.example.com", "200")]
    [TestCase("*.example.com", "a.b.example.com", "200")]
    [TestCase("*.example.com", "example.com", "400")]
    [TestCase("*.example.com", "..example.com", "400")]
    [TestCase("*.example.com", "a..example.com", "400")]
    [TestCase("*.example.com", ".example.com", "400")]
    [TestCase("::1", "[::1]:8000", "200")]
    [TestCase("[::1]", "[::1]", "200")]
    [TestCase("[0:0::1]", "[::1]", "200")]
    [TestCase("::1", "[::2]", "400")]
    [TestCase("bücher.example", "xn--bcher-kva.example", "200")]
    [TestCase("example.com", "example.com:99999", "400")]
    public async Task Patterns_mean_the_same_as_in_the_middleware(string pattern, string host, string status)
    {
        await using var app = await StartAsync("AllowedHosts:0", pattern);
        Assert.That(await StatusAsync(app, host), Is.EqualTo(status));
    }

    [TestCase("localhost", "200")]
    [TestCase("LOCALHOST:8000", "200")]
    [TestCase("127.0.0.1", "200")]
    [TestCase("[::1]:1", "200")]
    [TestCase("evil", "400")]
    [TestCase("localhost.evil.example", "400")]
    [TestCase("127.0.0.1.evil.example", "400")]
    [TestCase("localhost:8000evil", "400")]
    [TestCase("", "400")]
    [Proves("FG-12")]
    public async Task A_listener_for_this_machine_alone_serves_its_names_only(string host, string status)
    {
        await using var app = await StartAsync("AllowedHosts", "");
        Assert.That(await StatusAsync(app, host), Is.EqualTo(status));
        Assert.That(await StatusAsync(app, host, "/healthz/live"), Is.EqualTo(status), "in front of everything");
    }

    [Test]
    [Proves("FG-12")]
    public async Task A_listener_that_others_reach_serves_any_name_and_says_so_at_start()
    {
        var log = new LogRecord();
        await using var app = await StartAsync("AllowedHosts", "", log, "http://0.0.0.0:0");
        Assert.That(await StatusAsync(app, "anything.example"), Is.EqualTo("200"));
        Assert.That(log.Lines.Where(line => line is { Id: 1032, Level: LogLevel.Warning }).Select(line => line.Text), Has.Exactly(1).Contains($"http://0.0.0.0:{app.BaseAddress.Port} serves").And.Contains("Channels:Server:AllowedHosts"));
    }

    [Test]
    [Proves("FG-12")]
    public async Task Each_listener_counts_by_itself()
    {
        var log = new LogRecord();
        await using var app = await StartAsync("AllowedHosts", "", log, "http://127.0.0.1:0;http://0.0.0.0:0");
        Assert.That(await StatusAsync(app, "anything.example"), Is.EqualTo("400"), "the first of them");
        Assert.That(log.Lines.Single(line => line.Id == 1032).Text, Does.Not.Contain("127.0.0.1"));
    }

    [Test]
    public async Task With_hosts_configured_nothing_is_warned_about()
    {
        var log = new LogRecord();
        await using var app = await StartAsync("AllowedHosts", "example.com", log, "http://0.0.0.0:0");
        Assert.That(log.Lines.Where(line => line.Id == 1032), Is.Empty);
    }

    private static Task<LiveServer> StartAsync(string key, string value, LogRecord? log = null, string urls = "http://127.0.0.1:0") => LiveServer.StartFunctionAsync(
        (scope, receive, send) => send.TextAsync("ok"),
        builder =>
        {
            builder.Set(new() { [$"Channels:Server:{key}"] = value, ["urls"] = urls });
            if (log is not null)
            {
                builder.Logging.AddProvider(log);
            }
        });

    private static async Task<string> StatusAsync(LiveServer app, string host, string path = "/") =>
        (await app.SendRawAsync($"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))[9..12];
}
