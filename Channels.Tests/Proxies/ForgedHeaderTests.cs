using System.Net;
using System.Net.WebSockets;
using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Proxies;

/// <summary>The guides' proxies as they stand: what a stranger claims about himself or the site does not come through.</summary>
[Platform(Exclude = "Win", Reason = "nginx and haproxy are those of Debian")]
public sealed class ForgedHeaderTests
{
    private static readonly Dictionary<string, string> Forged = new()
    {
        ["X-Forwarded-For"] = "6.6.6.6",
        ["X-Forwarded-Proto"] = "http",
        ["X-Forwarded-Host"] = "evil.example",
        ["X-Forwarded-Port"] = "666",
        ["X-Forwarded-Prefix"] = "/evil",
        ["Forwarded"] = "for=6.6.6.6;host=evil.example",
        ["X_Forwarded_For"] = "6.6.6.6",
        ["X_Forwarded_Host"] = "evil.example",
    };

    [Test]
    [Proves("SEC-09")]
    public async Task A_request_is_what_the_proxy_saw([ValueSource(typeof(GuideSite), nameof(GuideSite.Ways))] string way, [Values("1.1", "2.0")] string version)
    {
        await using var site = await GuideSite.StartAsync(way);
        foreach (var headers in new[] { Forged, [] })
        {
            var (status, text) = await site.Client.GetAsync("/page", Version.Parse(version), headers);
            Assert.That((status, text), Is.EqualTo((HttpStatusCode.OK, Told(site, "https", "/page"))));
        }
    }

    [Test]
    [Proves("SEC-09")]
    public async Task A_socket_is_let_in_by_the_port_that_the_browser_shows([ValueSource(typeof(GuideSite), nameof(GuideSite.Ways))] string way)
    {
        await using var site = await GuideSite.StartAsync(way);
        using var socket = await site.Client.OpenAsync("/ws", site.Client.Origin, Forged);
        var buffer = new byte[1024];
        var told = await socket.ReceiveAsync(buffer, default);
        Assert.That(Encoding.UTF8.GetString(buffer, 0, told.Count), Is.EqualTo(Told(site, "wss", "/ws")));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);

        Assert.That(() => site.Client.OpenAsync("/ws", "https://evil.example", Forged), Throws.InstanceOf<WebSocketException>().With.Message.Contains("403"));
        Assert.That(site.Seen, Is.EqualTo(["socket /ws"]));
    }

    [TestCase("haproxy")]
    [TestCase("haproxy h2")]
    [TestCase("nginx")]
    [Proves("FA-10")]
    public async Task CONNECT_opens_no_way_round_the_rules_of_the_proxy(string way)
    {
        await using var site = await GuideSite.StartAsync(way, configuration => way == "nginx"
            ? configuration.With("    location / {", "    location /forbidden { return 403; }\n    location / {")
            : configuration.With("    default_backend", "    http-request deny if { path_beg /forbidden }\n    default_backend"));
        Assert.That((await site.Client.GetAsync("/forbidden", HttpVersion.Version11)).Status, Is.EqualTo(HttpStatusCode.Forbidden));

        var answer = await site.Client.SendRawAsync(
            "CONNECT example.com:8443 HTTP/1.1\r\nHost: example.com:8443\r\n\r\nGET /forbidden HTTP/1.1\r\nHost: example.com\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n");

        Assert.That(answer, Does.Match("^HTTP/1[.]1 (405|501|400|502) "));
        Assert.That(answer, Does.Not.Contain("6.6.6.6"));
        Assert.That(site.Seen, Is.Empty);
    }

    private static string Told(GuideSite site, string scheme, string path) =>
        $"127.0.0.1:0 {scheme} {site.Client.Origin["https://".Length..]} '' {path} [x-forwarded-for x-forwarded-proto]";
}
