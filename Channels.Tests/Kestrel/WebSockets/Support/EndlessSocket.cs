using System.Diagnostics;
using System.Net.WebSockets;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>A host's WebSocket with an empty part of one message always at hand, until it is told to stop.</summary>
internal sealed class EndlessSocket : WebSocket, IHttpWebSocketFeature
{
    private readonly long _since = Stopwatch.GetTimestamp();
    private volatile bool _stopped;

    /// <summary>Nobody has stopped it in all the time that a test has.</summary>
    public bool IsExhausted { get; private set; }

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
        Task.FromResult(_stopped || (IsExhausted |= Stopwatch.GetElapsedTime(_since) > Eventually.Patience)
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
