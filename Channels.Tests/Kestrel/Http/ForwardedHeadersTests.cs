using System.Net;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

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

    [Test]
    [Proves("SEC-09")]
    public async Task Of_a_listed_proxy_only_address_and_scheme_are_believed_unless_more_is_named()
    {
        var scope = await RequestAsync([Loopback], "X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Prefix: /evil\r\nX-Forwarded-Port: 66\r\n", headersTrusted: []);

        Assert.That((scope.Client!.ToString(), scope.Scheme, scope.RootPath, scope.Path, scope.Host), Is.EqualTo(("10.1.2.3:0", "https", "", "/p", "h")));
    }

    [TestCase("Proto", "127.0.0.1", "https", "h", "")]
    [TestCase("host", "127.0.0.1", "http", "example.com:8443", "")]
    [TestCase("Prefix", "127.0.0.1", "http", "h", "/site")]
    [TestCase("For,Port", "10.1.2.3", "http", "h", "")]
    [Proves("SEC-09")]
    public async Task What_is_named_is_believed_and_nothing_else(string names, string client, string scheme, string host, string root)
    {
        var scope = await RequestAsync(
            [Loopback], "X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: example.com:8443\r\nX-Forwarded-Prefix: /site\r\nX-Forwarded-Port: 66\r\n", names.Split(','));

        Assert.That((scope.Client!.Address.ToString(), scope.Scheme, scope.Host, scope.RootPath), Is.EqualTo((client, scheme, host, root)));
        Assert.That(scope.Client.Port == 66, Is.EqualTo(names.Contains("Port", StringComparison.Ordinal)));
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
    [TestCase("X-Forwarded-For: ::ffff:1.2.3.4\r\n", "1.2.3.4:0", TestName = "A_mapped_address_is_the_IPv4_address")]
    [TestCase("X-Forwarded-For: [::ffff:1.2.3.4]:80\r\n", "1.2.3.4:80", TestName = "A_mapped_address_in_brackets_too")]
    [TestCase("X-Forwarded-For: 9.9.9.9, ::ffff:192.168.0.7\r\n", "9.9.9.9:0", TestName = "A_mapped_address_of_a_listed_proxy_is_passed_over")]
    [TestCase("X-Forwarded-For: 9.9.9.9, [::ffff:192.168.0.7]:80\r\n", "9.9.9.9:0", TestName = "In_brackets_too")]
    [TestCase("X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Port: 99999\r\n", "10.1.2.3:0", TestName = "A_port_beyond_65535_is_none")]
    [Proves("C-XFF-02", "C-XFF-03", "SEC-09")]
    public async Task Client(string headers, string expected)
    {
        var scope = await RequestAsync([Loopback, "192.168.0.0/16"], headers);

        Assert.That(scope.Client!.ToString(), Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("X-Forwarded-For: \r\n")]
    [TestCase("X-Forwarded-For: unknown\r\nX-Forwarded-Port: 3\r\n")]
    [TestCase("X-Forwarded-For: 010.0.0.1\r\n")]
    [TestCase("X-Forwarded-For: 10.0.0.01\r\n")]
    [TestCase("X-Forwarded-For: 0x0a.0.0.1\r\n")]
    [TestCase("X-Forwarded-For: 1.2\r\n")]
    [TestCase("X-Forwarded-For: 167772161\r\n")]
    [TestCase("X-Forwarded-For: 1.2.3.4.5\r\n")]
    [TestCase("X-Forwarded-For: 1.2.3.256\r\n")]
    [TestCase("X-Forwarded-For: 1.2.3.4:\r\n")]
    [TestCase("X-Forwarded-For: 1.2.3.4:70000\r\n")]
    [TestCase("X-Forwarded-For: 1.2.3.4:+80\r\n")]
    [TestCase("X-Forwarded-For: 1.2.3.4:0x50\r\n")]
    [TestCase("X-Forwarded-For: [1.2.3.4]:80\r\n")]
    [TestCase("X-Forwarded-For: [::1\r\n")]
    [TestCase("X-Forwarded-For: [::1]80\r\n")]
    [TestCase("X-Forwarded-For: ::1]:80\r\n")]
    [TestCase("X-Forwarded-For: fe80::1%eth0\r\n")]
    [TestCase("X-Forwarded-For: ::ffff:010.0.0.1\r\n")]
    [TestCase("X-Forwarded-For: 2001:db8::/32\r\n")]
    [TestCase("X-Forwarded-For: <script>\r\n")]
    [Proves("C-XFF-04")]
    public async Task Without_an_address_the_client_is_untouched(string headers)
    {
        var scope = await RequestAsync([Loopback], headers);

        Assert.That(scope.Client!.Address, Is.EqualTo(IPAddress.Loopback));
        Assert.That(scope.Client.Port, Is.GreaterThan(80));
    }

    [TestCase("::ffff:127.0.0.0/104")]
    [TestCase("::ffff:127.0.0.1")]
    public async Task A_network_of_mapped_addresses_is_the_one_of_IPv4(string proxy) =>
        Assert.That((await RequestAsync([proxy], "X-Forwarded-Proto: https\r\n")).Scheme, Is.EqualTo("https"));

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

    [TestCase("<script>")]
    [TestCase("a b")]
    [TestCase("example.com/path")]
    [TestCase("user@example.com")]
    [TestCase("example.com:99999")]
    [TestCase("example.com:x")]
    [TestCase("https://example.com")]
    [TestCase("[::1")]
    [TestCase("example.com, ")]
    [TestCase("\u00c3\u00a9.example")]
    public async Task What_is_no_host_does_not_take_the_place_of_the_requests(string host) =>
        Assert.That((await RequestAsync([Loopback], $"X-Forwarded-Host: {host}\r\n")).Host, Is.EqualTo("h"));

    [TestCase("example.com:8443")]
    [TestCase("[2001:db8::1]:8443")]
    [TestCase("192.0.2.1")]
    [TestCase("first.example, example.com")]
    public async Task A_host_may_have_a_port(string host) =>
        Assert.That((await RequestAsync([Loopback], $"X-Forwarded-Host: {host}\r\n")).Host, Is.EqualTo(host.Split(", ")[^1]));

    [TestCase("//evil.com")]
    [TestCase("/%2Fevil.com")]
    [TestCase("/\\evil.com")]
    [TestCase("/%5Cevil.com")]
    [TestCase("https://evil.com")]
    [TestCase("evil")]
    [TestCase("<script>")]
    [TestCase("/<script>")]
    [TestCase("/a/../b")]
    [TestCase("/a/%2e%2E/b")]
    [TestCase("/./a")]
    [TestCase("/a//b")]
    [TestCase("/a%2Fb")]
    [TestCase("/a?b")]
    [TestCase("/a#b")]
    [TestCase("/a%0d%0ab")]
    [TestCase("/a%00")]
    [TestCase("/a%")]
    [TestCase("/a%4")]
    [TestCase("/a%zz")]
    [TestCase("/a%FF")]
    [TestCase("/a b")]
    public async Task What_is_no_path_is_no_prefix(string prefix)
    {
        var scope = await RequestAsync([Loopback], $"X-Forwarded-Prefix: {prefix}\r\n", ("RootPath", "/site"));

        Assert.That((scope.RootPath, scope.Path, scope.RawPath), Is.EqualTo(("/site", "/site/p", "/site/p")));
    }

    [Test]
    public async Task A_proxy_that_hands_nonsense_on_is_named_once()
    {
        var log = new LogRecord();
        await using var app = await LiveServer.StartFunctionAsync(Answers.Capture(_ => { }), builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Set(new() { ["Channels:Server:TrustedProxies:0"] = Loopback, ["Channels:Server:TrustedHeaders:0"] = "Host" });
        });
        for (var i = 0; i < 3; i++)
        {
            await app.SendRawAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Forwarded-Host: <script>\r\n\r\n");
        }

        Assert.That(log.Lines.Where(line => line.Id == 1016).Select(line => line.Text), Has.Exactly(1).Contains("X-Forwarded-Host").And.Contains("TrustedHeaders"));
        Assert.That(log.Lines.Select(line => line.Text), Has.None.Contains("script"));
    }

    [Test]
    [Proves("C-ROOT-01")]
    public async Task The_proxys_prefix_is_the_root_path_decoded_and_not_shown_as_header()
    {
        var scope = await RequestAsync([Loopback], "X-Forwarded-Prefix: /foo%20bar/\r\n");

        Assert.That((scope.RootPath, scope.Path, scope.RawPath), Is.EqualTo(("/foo bar", "/foo bar/p", "/foo%20bar/p")));
        Assert.That(scope.Headers.Select(header => header.Key), Has.None.EqualTo("x-forwarded-prefix"));
    }

    [Test]
    [Proves("C-ROOT-02")]
    public async Task The_proxys_prefix_wins_over_the_option()
    {
        var scope = await RequestAsync([Loopback], "X-Forwarded-Prefix: /proxy\r\n", ("RootPath", "/option"));

        Assert.That((scope.RootPath, scope.Path), Is.EqualTo(("/proxy", "/proxy/p")));
    }

    [TestCase("/caf%C3%A9", "/p")]
    [TestCase("/caf\u00e9", "/p")]
    [TestCase("/caf%C3%A9", "/caf%C3%A9/p")]
    [Proves("C-ROOT-02")]
    public async Task The_option_is_decoded_for_the_application_and_encoded_in_the_raw_path(string option, string path)
    {
        var scope = await RequestAsync([], "", ("RootPath", option), ("Path", path));

        Assert.That((scope.RootPath, scope.Path, scope.RawPath), Is.EqualTo(("/caf\u00e9", "/caf\u00e9/p", "/caf%C3%A9/p")));
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
            builder => builder.Set(new() { ["Channels:Server:TrustedProxies:0"] = Loopback, ["Channels:Server:TrustedHeaders:0"] = "For", ["Channels:Server:TrustedHeaders:1"] = "Proto", ["Channels:Server:TrustedHeaders:2"] = "Prefix" }));
        await app.SendRawAsync("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nX-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /chat\r\n\r\n", "\r\n\r\n");

        Assert.That((seen!.Client!.ToString(), seen.Scheme, seen.RootPath, seen.Path), Is.EqualTo(("10.1.2.3:0", "wss", "/chat", "/chat/ws")));
    }

    private static Task<Seen> RequestAsync(string[] proxies, string headers, params (string Key, string Value)[] options) =>
        RequestAsync(proxies, headers, ["For", "Proto", "Host", "Port", "Prefix"], options);

    private static async Task<Seen> RequestAsync(string[] proxies, string headers, string[] headersTrusted, params (string Key, string Value)[] options)
    {
        Seen? seen = null;
        var path = options.FirstOrDefault(option => option.Key == "Path").Value ?? "/p";
        var settings = proxies.Select((proxy, i) => ($"TrustedProxies:{i}", proxy))
            .Concat(headersTrusted.Select((name, i) => ($"TrustedHeaders:{i}", name))).Concat(options.Where(option => option.Key != "Path"));
        await using var app = await LiveServer.StartFunctionAsync(
            Answers.Capture(scope => seen = new(scope.Client, scope.Scheme, scope.RootPath, scope.Path, scope.RawPath, scope.Headers["host"], [.. scope.Headers])),
            builder => builder.Set(settings.ToDictionary(setting => $"Channels:Server:{setting.Item1}", setting => (string?)setting.Item2)));
        var answer = await app.SendRawAsync($"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n");
        return seen ?? throw new AssertionException(answer);
    }

    private sealed record Seen(IPEndPoint? Client, string Scheme, string RootPath, string Path, string? RawPath, string? Host, List<KeyValuePair<string, string>> Headers);
}
