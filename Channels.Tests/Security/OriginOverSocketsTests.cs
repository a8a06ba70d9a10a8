using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Applications;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Security;

/// <summary>The server's own rule and the validators of the tree, together, as a peer sees them.</summary>
[TestFixture]
public sealed class OriginOverSocketsTests
{
    private static Application Root => new ProtocolTypeRouter
    {
        ["websocket"] = new UrlRouter
        {
            { "listed/", OriginValidator.Wrap(new UrlRouter { { "room/", AcceptAsync } }, "http://a.example") },
            { "hosts/", AllowedHosts.Wrap(AcceptAsync, MissingOrigin.Allow, ".b.example") },
            { "free/", AcceptAsync },
        },
    };

    [TestCase("/listed/room/", "http://a.example", 101)]
    [TestCase("/listed/room/", "http://localhost", 403)]
    [TestCase("/listed/room/", null, 403)]
    [TestCase("/listed/other/", "http://a.example", 404)]
    [TestCase("/hosts/", "https://x.b.example:8443", 101)]
    [TestCase("/hosts/", "https://a.example", 403)]
    [TestCase("/hosts/", null, 101)]
    [TestCase("/free/", "http://localhost", 101)]
    [TestCase("/free/", "http://a.example", 403)]
    [TestCase("/free/", "null", 403)]
    [TestCase("/free/", null, 101)]
    [TestCase("/nowhere/", "http://localhost", 404)]
    [Proves("SEC-01", "SEC-05")]
    public async Task A_validator_replaces_the_doors_rule_below_it_and_nowhere_else(string path, string? origin, int status)
    {
        await using var app = await LiveServer.StartAsync(Root);
        var answer = await app.SendRawAsync(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
            (origin is null ? "\r\n" : $"Origin: {origin}\r\n\r\n"),
            until: "\r\n\r\n");
        Assert.That(answer, Does.StartWith($"HTTP/1.1 {status} "));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Proves("FN-4")]
    public async Task What_the_servers_own_rule_refuses_is_logged_with_origin_host_and_setting(bool validatorStandsElsewhere)
    {
        var logs = new LogList();
        var root = validatorStandsElsewhere ? Root : new ProtocolTypeRouter { ["websocket"] = new UrlRouter { { "free/", AcceptAsync } } };
        await using var app = await LiveServer.StartAsync(root, builder => builder.Services.AddSingleton<ILoggerFactory>(logs));
        await app.SendRawAsync(
            "GET /free/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://a.example\r\n\r\n",
            until: "\r\n\r\n");
        Assert.That(logs.Lines, Has.One.EqualTo(
            "Information 4010: Refused websocket '/free/' with 403: its origin is not the host of the request (origin 'http://a.example', host 'localhost', rule Channels:WebSocket:CheckOrigin)"));
    }

    [TestCase(true, false, false)]
    [TestCase(false, false, true)]
    [TestCase(false, true, false)]
    [Proves("SEC-06")]
    public async Task A_server_that_looks_at_no_origin_says_so_when_it_starts(bool checks, bool hasValidator, bool says)
    {
        var logs = new LogList();
        await using var app = await LiveServer.StartAsync(hasValidator ? Root : new ProtocolTypeRouter { ["websocket"] = new UrlRouter { { "free/", AcceptAsync } } }, builder =>
        {
            builder.Services.AddSingleton<ILoggerFactory>(logs);
            builder.Set("Channels:WebSocket:CheckOrigin", $"{checks}");
        });
        Assert.That(logs.Lines.Count(line => line.StartsWith("Warning 4012:", StringComparison.Ordinal)), Is.EqualTo(says ? 1 : 0));
    }

    private static async Task AcceptAsync(Scope scope, Receive receive, Send send)
    {
        await receive();
        await send(new WebSocketAccept());
        while (await receive() is not WebSocketDisconnect)
        {
        }
    }
}
