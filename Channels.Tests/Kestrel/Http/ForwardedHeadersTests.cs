using System.Net;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.Http;

/// <summary>What proxies may say about a request, and which of them are believed.</summary>
public sealed class ForwardedHeadersTests
{
    private const string Loopback = "127.0.0.1";

    [Test]
    [Proves("C-XFF-01", "SEC-09")]
    public async Task Forwarded_headers_are_ignored_by_default()
    {
        var scope = await RequestAsync([], "X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Prefix: /evil\r\n");

        Assert.That(scope.Client!.Address, Is.EqualTo(IPAddress.Loopback));
        Assert.That((scope.Scheme, scope.RootPath, scope.Path), Is.EqualTo(("http", "", "/p")));
        Assert.That(scope.Host, Is.EqualTo("h"));
    }

    [Test]
    [Proves("SEC-09")]
    public async Task A_peer_that_is_no_listed_proxy_is_not_believed()
    {
        var scope = await RequestAsync(["10.0.0.0/8", "2001:db8::/32"], "X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\n");

        Assert.That((scope.Client!.Address, scope.Scheme), Is.EqualTo((IPAddress.Loopback, "http")));
    }

    [TestCase("X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Port: 1234\r\n", "10.1.2.3:1234", TestName = "Address_and_port")]
    [TestCase("X-Forwarded-For: 10.1.2.3\r\n", "10.1.2.3:0", TestName = "Without_port_the_port_is_0")]
    [TestCase("X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Port: x\r\n", "10.1.2.3:0", TestName = "A_port_that_is_none_is_0")]
    [TestCase("X-Forwarded-For: 10.1.2.3:99\r\n", "10.1.2.3:99", TestName = "A_port_beside_the_address")]
    [TestCase("X-Forwarded-For: 1043::a321:1\r\nX-Forwarded-Port: 7\r\n", "[1043::a321:1]:7", TestName = "An_IPv6_address_survives")]
    [TestCase("X-Forwarded-For: [1043::a321:1]:8\r\n", "[1043::a321:1]:8", TestName = "An_IPv6_address_in_brackets")]
    [TestCase("X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n", "2.2.2.2:0", TestName = "The_right_most_untrusted_address_wins")]
    [TestCase("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n", "2.2.2.2:0", TestName = "The_last_line_wins")]
    [TestCase("X-Forwarded-For: 1.1.1.1, 2.2.2.2, 192.168.0.7\r\n", "2.2.2.2:0", TestName = "Listed_proxies_are_passed_over")]
    [TestCase("X-Forwarded-For: 192.168.0.9, 192.168.0.7\r\n", "192.168.0.9:0", TestName = "When_all_are_listed_the_left_most_is_the_client")]
    [TestCase("X-Forwarded-For: 1.1.1.1, nonsense, 192.168.0.7\r\n", "192.168.0.7:0", TestName = "Nothing_left_of_nonsense_is_believed")]
    [Proves("C-XFF-02", "C-XFF-03", "SEC-09")]
    public async Task Client(string headers, string expected)
    {
        var scope = await RequestAsync([Loopback, "192.168.0.0/16"], headers);

        Assert.That(scope.Client!.ToString(), Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("X-Forwarded-For: \r\n")]
    [TestCase("X-Forwarded-For: unknown\r\nX-Forwarded-Port: 3\r\n")]
    [Proves("C-XFF-04")]
    public async Task Without_an_address_the_client_is_untouched(string headers)
    {
        var scope = await RequestAsync([Loopback], headers);

        Assert.That(scope.Client!.Address, Is.EqualTo(IPAddress.Loopback));
        Assert.That(scope.Client.Port, Is.GreaterThan(3));
    }

    [TestCase("https", "https")]
    [TestCase("HTTPS", "https")]
    [TestCase("wss", "https")]
    [TestCase("http", "http")]
    [TestCase("javascript", "http")]
    [TestCase("http, https", "https")]
    public async Task The_scheme_comes_from_the_nearest_proxy(string header, string expected) =>
        Assert.That((await RequestAsync([Loopback], $"X-Forwarded-Proto: {header}\r\n")).Scheme, Is.EqualTo(expected));

    [Test]
    public async Task The_host_comes_from_the_nearest_proxy_and_is_the_one_that_is_checked()
    {
        var scope = await RequestAsync([Loopback], "X-Forwarded-Host: example.com\r\n", ("AllowedHosts:0", "example.com"));

        Assert.That(scope.Host, Is.EqualTo("example.com"));
        Assert.That(scope.Headers.Single(header => header.Key == "host").Value, Is.EqualTo("example.com"));
    }

    [Test]
    [Proves("C-ROOT-01")]
    public async Task The_proxys_prefix_is_the_root_path_decoded_and_not_shown_as_header()
    {
        var scope = await RequestAsync([Loopback], "X-Forwarded-Prefix: /foo%20bar/\r\n");

        Assert.That((scope.RootPath, scope.Path), Is.EqualTo(("/foo bar", "/foo bar/p")));
        Assert.That(scope.Headers.Select(header => header.Key), Has.None.EqualTo("x-forwarded-prefix"));
    }

    [Test]
    [Proves("C-ROOT-02")]
    public async Task The_proxys_prefix_wins_over_the_option()
    {
        var scope = await RequestAsync([Loopback], "X-Forwarded-Prefix: /proxy\r\n", ("RootPath", "/option"));

        Assert.That((scope.RootPath, scope.Path), Is.EqualTo(("/proxy", "/proxy/p")));
    }

    [TestCase("/p", "/site/p", TestName = "A_stripped_root_path_is_put_back")]
    [TestCase("/site/p", "/site/p", TestName = "A_root_path_that_was_not_stripped_stays")]
    [TestCase("/site", "/site", TestName = "The_root_itself")]
    [TestCase("/sites/p", "/site/sites/p", TestName = "Only_whole_segments_count")]
    [Proves("C-ROOT-02")]
    public async Task Option(string path, string expected)
    {
        var scope = await RequestAsync([], "", ("RootPath", "/site"), ("Path", path));

        Assert.That((scope.RootPath, scope.Path, scope.RawPath), Is.EqualTo(("/site", expected, expected)));
    }

    [Test]
    [Proves("C-XFF-05")]
    public async Task Websockets_are_treated_alike()
    {
        WebSocketScope? seen = null;
        await using var app = await LiveServer.StartFunctionAsync(
            async (scope, receive, send) =>
            {
                seen = (WebSocketScope)scope;
                await send(new WebSocketClose());
            },
            builder => builder.Set("Channels:Server:TrustedProxies:0", Loopback));
        await app.SendRawAsync("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nX-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /chat\r\n\r\n", "\r\n\r\n");

        Assert.That((seen!.Client!.ToString(), seen.Scheme, seen.RootPath, seen.Path), Is.EqualTo(("10.1.2.3:0", "wss", "/chat", "/chat/ws")));
    }

    private static async Task<Seen> RequestAsync(string[] proxies, string headers, params (string Key, string Value)[] options)
    {
        Seen? seen = null;
        var path = options.FirstOrDefault(option => option.Key == "Path").Value ?? "/p";
        var settings = proxies.Select((proxy, i) => ($"TrustedProxies:{i}", proxy)).Concat(options.Where(option => option.Key != "Path"));
        await using var app = await LiveServer.StartFunctionAsync(
            Answers.Capture(scope => seen = new(scope.Client, scope.Scheme, scope.RootPath, scope.Path, scope.RawPath, scope.Headers["host"], [.. scope.Headers])),
            builder => builder.Set(settings.ToDictionary(setting => $"Channels:Server:{setting.Item1}", setting => (string?)setting.Item2)));
        var answer = await app.SendRawAsync($"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n");
        return seen ?? throw new AssertionException(answer);
    }

    private sealed record Seen(IPEndPoint? Client, string Scheme, string RootPath, string Path, string? RawPath, string? Host, List<KeyValuePair<string, string>> Headers);
}
