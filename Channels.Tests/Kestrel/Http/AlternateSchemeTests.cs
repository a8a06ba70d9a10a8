using System.Net.Sockets;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Tests.Kestrel.Http;

/// <summary>Proxies that write <c>:scheme https</c> on a connection without TLS, as haproxy does for every request.</summary>
public sealed class AlternateSchemeTests
{
    private const byte Http = 0x86; // entries of HPACK's static table
    private const byte Https = 0x87;

    private const byte Headers = 1; // types of frames
    private const byte Reset = 3;

    [TestCase("127.0.0.1", Https, Headers)]
    [TestCase("127.0.0.1", Http, Headers)]
    [TestCase("10.0.0.1", Http, Headers)]
    [TestCase("10.0.0.1", Https, Reset)]
    [TestCase("", Https, Reset)]
    [Proves("SEC-09", "FA-18")]
    public async Task Another_scheme_is_taken_from_listed_proxies_alone(string proxy, byte scheme, byte answer)
    {
        var schemes = new List<string>();
        await using var app = await StartAsync(proxy, (scope, _) => schemes.Add(scope.Scheme));

        Assert.That(await AskAsync(app, scheme), Is.EqualTo(answer));
        Assert.That(schemes, Is.EqualTo(answer == Headers ? ["http"] : Array.Empty<string>()), "what a proxy says about the scheme stands in X-Forwarded-Proto");
    }

    [Test]
    public async Task A_site_that_takes_the_features_sees_the_scheme_of_the_connection()
    {
        var scheme = "";
        await using var app = await StartAsync("127.0.0.1", (_, features) => scheme = features.GetRequiredFeature<IHttpRequestFeature>().Scheme);

        await AskAsync(app, Https);
        Assert.That(scheme, Is.EqualTo("http"));
    }

    private static Task<LiveServer> StartAsync(string proxy, Action<HttpScope, IFeatureCollection> seen) => LiveServer.StartFunctionAsync(
        (scope, receive, send) =>
        {
            Assert.That(((HttpScope)scope).TryTakeFeatures(out var features));
            seen((HttpScope)scope, features!);
            return Task.CompletedTask;
        },
        builder => builder.Set(new()
        {
            ["urls"] = "",
            ["Kestrel:Endpoints:Web:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:Web:Protocols"] = "Http2",
            [proxy.Length > 0 ? "Channels:Server:TrustedProxies:0" : "unused"] = proxy,
        }));

    /// <summary>Sends a request for <c>/</c>; the type of the first frame that answers it.</summary>
    private static async Task<byte> AskAsync(LiveServer server, byte scheme)
    {
        using var limit = new CancellationTokenSource(Eventually.Patience);
        using var socket = await server.OpenSocketAsync();
        byte[] block = [0x82, scheme, 0x84, 0x41, 1, (byte)'h']; // GET, scheme, path /, authority h
        byte[] request = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, []), .. Frame(Headers, 5, 1, block)];
        await socket.SendAsync(request, limit.Token);
        await using var stream = new NetworkStream(socket);
        var head = new byte[9];
        while (true)
        {
            await stream.ReadExactlyAsync(head, limit.Token);
            await stream.ReadExactlyAsync(new byte[(head[0] << 16) | (head[1] << 8) | head[2]], limit.Token);
            if (head[8] == 1)
            {
                return head[3];
            }
        }
    }

    private static byte[] Frame(byte type, byte flags, byte stream, byte[] payload) => [0, 0, (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];
}
