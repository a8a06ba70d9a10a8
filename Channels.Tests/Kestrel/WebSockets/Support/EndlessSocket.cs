using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>A host's WebSocket with an empty part of one message always at hand, until it is told to stop.</summary>
internal sealed class EndlessSocket : WebSocket, IHttpWebSocketFeature
{
    private const int Enough = 5_000_000;

    private int _received;
    private volatile bool _stopped;

    /// <summary>Nobody has stopped it.</summary>
    public bool IsExhausted => _received >= Enough;

    public bool IsWebSocketRequest => true;

    public override WebSocketCloseStatus? CloseStatus => WebSocketCloseStatus.NormalClosure;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => WebSocketState.Open;

    public override string? SubProtocol => null;

    /// <summary>The peer closes.</summary>
    public void Stop() => _stopped = true;

    /// <summary>A request that is answered with this socket.</summary>
    public IFeatureCollection CreateRequest()
    {
        var features = new FeatureCollection();
        var headers = new HeaderDictionary
        {
            ["Host"] = "localhost",
            ["Upgrade"] = "websocket",
            ["Connection"] = "Upgrade",
            ["Sec-WebSocket-Version"] = "13",
            ["Sec-WebSocket-Key"] = RawWebSocketClient.Key,
        };
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Method = "GET", Scheme = "http", Protocol = "HTTP/1.1", Path = "/", RawTarget = "/", Headers = headers });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature());
        features.Set<IHttpWebSocketFeature>(this);
        return features;
    }

    public Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) => Task.FromResult<WebSocket>(this);

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) =>
        Task.FromResult(++_received >= Enough || _stopped
            ? new WebSocketReceiveResult(0, WebSocketMessageType.Close, true)
            : new WebSocketReceiveResult(0, WebSocketMessageType.Binary, false));

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Abort()
    {
    }

    public override void Dispose()
    {
    }
}
