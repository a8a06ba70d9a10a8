using System.IO.Pipelines;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Channels.Kestrel;

/// <summary>
/// The HTTP request behind a WebSocket: checks the handshake, and answers it with an upgrade (HTTP/1.1), an accepted
/// extended CONNECT (HTTP/2), the host's own WebSocket, or a plain response.
/// </summary>
internal sealed class WebSocketRequest : ServerExchange
{
    private const string WebSocketProtocol = "websocket";

    // HTTP/2's "no longer needed" (RFC 9113, section 7), so that the peer does not take our abort for a fault of ours.
    private const int Http2Cancel = 0x8;

    private readonly IFeatureCollection _features;
    private readonly IHttpExtendedConnectFeature? _connect;
    private PipeWriter? _output;
    private bool _over;

    /// <param name="features">The request; used until <see cref="End"/>.</param>
    /// <param name="running">Where running application code is noted; null for nowhere.</param>
    public WebSocketRequest(IFeatureCollection features, RunningHandlers? running)
    {
        (_features, Running) = (features, running);
        _connect = features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect ? connect : null;
    }

    // On HTTP/1.1 the connection is the request's own, and its token exists already; asking for the request's would make
    // one more for each idle socket.
    public CancellationToken Aborted => _connect is null && _features.Get<IConnectionLifetimeFeature>() is { } connection
        ? connection.ConnectionClosed
        : _features.Get<IHttpRequestLifetimeFeature>()?.RequestAborted ?? CancellationToken.None;

    /// <inheritdoc/>
    public override RunningHandlers? Running { get; }

    /// <inheritdoc/>
    public override MemoryHolder? Memory => Connection;

    /// <summary>What becomes of the handshake, while it lasts.</summary>
    public WebSocketConnection? Connection { get; set; }

    public IHeaderDictionary Headers => Request.Headers;

    /// <summary>The certificate of the client, if the connection is encrypted. While the request lasts.</summary>
    public ITlsConnectionFeature? Tls => _features.Get<ITlsConnectionFeature>();

    private IHttpRequestFeature Request => _features.GetRequiredFeature<IHttpRequestFeature>();

    private IHttpResponseFeature Response => _features.GetRequiredFeature<IHttpResponseFeature>();

    /// <summary>True when the client asks for another protocol than HTTP; the answer may still be no.</summary>
    public static bool Asks(IFeatureCollection features)
    {
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        if (request.Method == HttpMethods.Connect && features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true })
        {
            return true;
        }

        var headers = request.Headers;
        return headers.Upgrade.Count > 0 && WebSocketHandshake.Lists(headers.Upgrade, WebSocketProtocol)
            && WebSocketHandshake.Lists(headers.Connection, "upgrade");
    }

    /// <summary>Checks the handshake; null when it may be accepted.</summary>
    /// <param name="subprotocols">The subprotocols that the client offers.</param>
    /// <param name="transport">What will carry the WebSocket: our own frames, unless the host offers no way to send them.</param>
    public HandshakeRefusal? Check(out IReadOnlyList<string> subprotocols, out WebSocketTransport transport)
    {
        subprotocols = [];
        transport = FrameTransport.Instance;
        var own = _connect is null
            ? WebSocketHandshake.CheckUpgrade(Request.Method, Request.Protocol, Headers.SecWebSocketKey)
            : string.Equals(_connect.Protocol, WebSocketProtocol, StringComparison.OrdinalIgnoreCase) ? null : HandshakeRefusal.UnknownProtocol;
        if ((own ?? WebSocketHandshake.CheckCommon(Headers.SecWebSocketVersion, Headers.Origin, Headers.SecWebSocketProtocol, out subprotocols)) is { } refusal)
        {
            return refusal;
        }

        if (_connect is not null || _features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
        {
            return null;
        }

        transport = MessageTransport.Instance;
        return _features.Get<IHttpWebSocketFeature>() is { IsWebSocketRequest: true } ? null : HandshakeRefusal.NotUpgradable;
    }

    /// <summary>Answers with 101 or, over HTTP/2, 200.</summary>
    /// <returns>What to read the peer's frames from and write ours to.</returns>
    public async ValueTask<(PipeReader Input, PipeWriter Output)> UpgradeAsync(string? subprotocol, string? extensions, HeaderList? headers)
    {
        LiftLimits();
        AddHeaders(headers);
        if (subprotocol is not null)
        {
            Response.Headers.SecWebSocketProtocol = subprotocol;
        }

        if (extensions is not null)
        {
            Response.Headers.SecWebSocketExtensions = extensions;
        }

        if (_connect is not null)
        {
            return Keep(Pipes(await _connect.AcceptAsync()));
        }

        Response.Headers.Upgrade = WebSocketProtocol;
        Response.Headers.Connection = "Upgrade";
        Response.Headers.SecWebSocketAccept = WebSocketHandshake.AcceptValue(Headers.SecWebSocketKey.ToString());
        var stream = await _features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        (_features.Get<IConnectionHeartbeatFeature>() as HttpTimeouts)?.End();

        // The transport's own pipes cost a third less memory per idle socket than the upgraded stream, and no copy.
        return Keep(_features.Get<IConnectionTransportFeature>() is { Transport: { } transport } ? (transport.Input, transport.Output) : Pipes(stream));
    }

    /// <summary>Lets the host answer, and gives its WebSocket.</summary>
    public Task<WebSocket> AcceptSocketAsync(string? subprotocol, HeaderList? headers)
    {
        LiftLimits();
        AddHeaders(headers);
        return _features.GetRequiredFeature<IHttpWebSocketFeature>().AcceptAsync(new WebSocketAcceptContext { SubProtocol = subprotocol });
    }

    /// <summary>Answers with a short plain response, complete when this ends. A response that the application has begun is cut.</summary>
    public async Task RefuseAsync(HandshakeRefusal refusal)
    {
        if (Response.HasStarted)
        {
            Abort();
            return;
        }

        Response.Headers.Clear();
        BeginResponse(refusal.Status);
        if (refusal.Status == StatusCodes.Status426UpgradeRequired)
        {
            Response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
            Response.Headers.Upgrade = WebSocketProtocol;
        }

        if (refusal.Status == StatusCodes.Status405MethodNotAllowed)
        {
            Response.Headers.Allow = "GET";
        }

        var text = System.Text.Encoding.ASCII.GetBytes(refusal.Text);
        Response.Headers.ContentLength = text.Length;
        if (text.Length > 0)
        {
            Response.Headers.ContentType = "text/plain; charset=utf-8";
        }

        await WriteResponseAsync(text, last: true);
    }

    /// <summary>
    /// Begins a response of the application's choice; nothing is written yet. The connection closes behind it: a proxy that
    /// did not look for 101 tunnels what its client sends next, and it must not be taken for a request of the proxy's own.
    /// </summary>
    public void BeginResponse(int status, HeaderList? headers = null)
    {
        Response.StatusCode = status;
        if (Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
        {
            Response.Headers.Connection = "close";
        }

        AddHeaders(headers);
        if (status == StatusCodes.Status204NoContent)
        {
            Response.Headers.ContentLength = null; // not even zero (RFC 9110, section 8.6)
        }

    }

    public async ValueTask WriteResponseAsync(ReadOnlyMemory<byte> part, bool last)
    {
        var body = _features.GetRequiredFeature<IHttpResponseBodyFeature>();
        if (!part.IsEmpty)
        {
            await body.Writer.WriteAsync(part);
        }

        if (last)
        {
            await body.CompleteAsync();
        }
        else
        {
            await body.Writer.FlushAsync();
        }
    }

    /// <summary>
    /// Ends our side of an accepted WebSocket before the request itself ends, so that the peer need not wait for the
    /// application. Nothing may be written any more.
    /// </summary>
    public async ValueTask EndOutputAsync()
    {
        if (_connect is not null)
        {
            await _features.GetRequiredFeature<IHttpResponseBodyFeature>().CompleteAsync();
        }
        else if (_output is not null)
        {
            await _output.CompleteAsync();
        }
    }

    /// <summary>Cuts the connection, or over HTTP/2 the stream. Nothing happens after <see cref="End"/>.</summary>
    public void Abort()
    {
        lock (this)
        {
            if (!_over)
            {
                AbortNow();
            }
        }
    }

    /// <summary>The request is over, and the server may use its features for the next one.</summary>
    public void End()
    {
        lock (this)
        {
            (_over, Connection) = (true, null);
        }
    }

    private void AbortNow()
    {
        if (_connect is not null && _features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(Http2Cancel);
            return;
        }

        _features.Get<IHttpRequestLifetimeFeature>()?.Abort();
    }

    private (PipeReader Input, PipeWriter Output) Keep((PipeReader Input, PipeWriter Output) pipes)
    {
        _output = pipes.Output;
        return pipes;
    }

    private static (PipeReader Input, PipeWriter Output) Pipes(Stream stream) =>
        (PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true)), PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));

    // Sizes and rates that protect the server from slow requests make no sense for a socket that may idle for hours.
    private void LiftLimits()
    {
        if (_features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (_features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
        {
            requestRate.MinDataRate = null;
        }

        if (_features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinResponseDataRateFeature>() is { } responseRate)
        {
            responseRate.MinDataRate = null;
        }
    }

    private void AddHeaders(HeaderList? headers)
    {
        if (headers is null)
        {
            return;
        }

        foreach (var (name, value) in headers)
        {
            Response.Headers.Append(name, value);
        }
    }
}
