using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>Handshakes that were let in before the server was told to stop, and are known to it only when everybody else has been asked to close.</summary>
public sealed class LateHandshakeTests
{
    [Test]
    [Proves("REL-43")]
    public async Task A_handshake_that_is_checked_while_the_whole_drain_passes_is_refused_with_503()
    {
        Event? last = null;
        await using var services = TestServices.Create(services => services.AddSingleton<TimeProvider>(new ManualTimeProvider())); // no deadline is the end of it
        var endpoint = new ChannelsEndpoint(
            async (_, receive, _) =>
            {
                await receive();
                last = await receive();
            },
            services,
            webSocket: new WebSocketServerOptions { CheckOrigin = false });
        var response = new HttpResponseFeature();
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Method = "GET", Protocol = "HTTP/1.1", Path = "/", RawTarget = "/", Headers = InMemorySocket.Handshake() });
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        features.Set<IHttpUpgradeFeature>(new Draining(endpoint));

        await endpoint.ServeAsync(features).WaitAsync(Eventually.Patience);

        Assert.That((response.StatusCode, endpoint.OpenWebSockets), Is.EqualTo((503, 0)));
        Assert.That(last, Is.InstanceOf<WebSocketDisconnect>());
    }

    // The server is told to stop while the handshake is looked at, and has nobody else to ask.
    private sealed class Draining(ChannelsEndpoint endpoint) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => endpoint.DrainAsync().IsCompletedSuccessfully;

        public Task<Stream> UpgradeAsync() => throw new InvalidOperationException("Nobody is let in any more.");
    }
}
