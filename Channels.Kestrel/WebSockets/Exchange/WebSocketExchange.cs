using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Channels.Kestrel;

/// <summary>
/// One WebSocket between its application and its transport: what may be sent when, what the application receives, and
/// who closes (RFC 6455, section 7; ASGI WebSocket events).
/// </summary>
/// <remarks>It is its own lock and its own end to wait for: an idle socket is worth every object it does not have.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without timer or wait handle holds nothing to release, and the application may still look at its token.")]
internal sealed partial class WebSocketExchange : HeartbeatEntry, IDrainableConnection, IInboundEventsOwner, IOutbox
{
    private readonly WebSocketRuntime _runtime;
    private readonly WebSocketRequest _request;
    private readonly IReadOnlyList<string> _offered;
    private readonly Func<bool>? _originAllowed;
    private readonly InboundEvents _events;
    private readonly ConnectionWriter _writer;
    private readonly DeflateTerms? _deflate;
    private readonly WindowDeflateEncoder? _window;
    private readonly CancellationTokenSource _aborted = new();
    private ExchangeState _state;
    private ClosedBy _closedBy;
    private HandshakeRefusal? _refusal;
    private bool _windowReleased;
    private bool _denialComplete;
    private bool _denialFailed;
    private InboundPump? _pump;

    public WebSocketExchange(WebSocketRuntime runtime, WebSocketRequest request, IReadOnlyList<string> offered, DeflateTerms? deflate, Func<bool>? originAllowed)
    {
        (_runtime, _request, _offered, _deflate, _originAllowed) = (runtime, request, offered, deflate, originAllowed);
        Send = SendAsync;
        var options = runtime.Options;
        _events = new InboundEvents(options.MaxInboundMessageCount, options.MaxInboundBytes, this);
        _writer = new ConnectionWriter(options, runtime.Heartbeat, runtime.Metrics, Encoder, this);
        _window = deflate is { ServerKeepsWindow: true } ? new WindowDeflateEncoder(runtime.Plain, options.CompressionMinBytes) : null;
        _since = runtime.Heartbeat.Now;
        Schedule(options.HandshakeTimeout);
    }

    /// <summary>Fires when the peer is gone or the server gives up.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <inheritdoc/>
    public int Place { get; set; }

    /// <summary>The response still to be written because the application did not write one itself; null for none.</summary>
    public HandshakeRefusal? Refusal => _refusal;

    public ClosedBy ClosedBy => _closedBy;

    /// <summary>The peer's frames are being read.</summary>
    public bool IsOpen => _state == ExchangeState.Open;

    /// <summary>The code of the disconnect event.</summary>
    public int CloseCode { get; private set; } = CloseFrame.Lost;

    public ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken) => _events.ReceiveAsync(cancellationToken);

    public ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message is WebSocketSend send && _state is ExchangeState.Open or ExchangeState.Ending
            ? SendMessage(send, cancellationToken)
            : SendOther(message);
    }

    // Where the peer's window is kept, what a message is encoded to depends on those before: the application must send it.
    int IOutbox.TrySend(ReadOnlySpan<Event> events) => _window is null ? _writer.Forward(events) : 0;

    public Send Send { get; }

    bool IOutbox.HasMoreInput => _events.HasMessages;

    void IOutbox.Hold() => _writer.Cork();

    void IOutbox.Flush() => _writer.Uncork();

    public void RequestClose(int code, string reason) => CloseFromServer(code, reason, HandshakeRefusal.Stopping);

    private ValueTask SendMessage(WebSocketSend message, CancellationToken cancellationToken)
    {
        ValueTask accepted;
        var taken = _window is not null ? SendInOrder(_window, message, out accepted)
            : _writer.TrySend(OutboundMessage.Of(message, Encoder), cancellationToken, out accepted);
        if (!taken)
        {
            return ValueTask.FromException(NotOpen(message));
        }

        _runtime.Metrics.Sent(message.Kind, message.Payload.Length);
        return accepted;
    }

    private WebSocketFrameEncoder? Encoder => _deflate is null ? null : _runtime.Deflating;

    // What is encoded must also leave, and in this order: later messages refer to it. So no cancellation either.
    private bool SendInOrder(WindowDeflateEncoder window, WebSocketSend message, out ValueTask accepted)
    {
        lock (window)
        {
            accepted = ValueTask.CompletedTask;
            return !_windowReleased && _writer.TrySend(OutboundMessage.Framed(window.Encode(message)), CancellationToken.None, out accepted);
        }
    }

    private ValueTask SendOther(Event message)
    {
        lock (this)
        {
            switch (_state, message)
            {
                case (ExchangeState.Connecting, WebSocketAccept accept):
                    CheckAccept(accept);
                    _state = ExchangeState.Accepting;
                    break;
                case (ExchangeState.Connecting, WebSocketDenialStart):
                    _state = ExchangeState.Denying;
                    _closedBy = ClosedBy.Application;
                    break;
                case (ExchangeState.Denying, WebSocketDenialBody body) when !_denialComplete:
                    _denialComplete = !body.MoreBody;
                    break;
                case (ExchangeState.Open or ExchangeState.Ending, WebSocketClose close):
                    CheckClose(close);
                    break;
                case (ExchangeState.Connecting, WebSocketClose):
                    break;
                default:
                    return ValueTask.FromException(NotOpen(message));
            }
        }

        return message switch
        {
            WebSocketAccept accept => AcceptAsync(accept),
            WebSocketDenialStart start => BeginDenial(start),
            WebSocketDenialBody body => WriteDenialAsync(body),
            var close => CloseFromApplication((WebSocketClose)close), // nothing else leaves the lock
        };
    }

    private Exception NotOpen(Event message) => _state switch
    {
        ExchangeState.Connecting => new IllegalEventException(message, "connecting", "websocket.accept", "websocket.close", "websocket.http.response.start"),
        ExchangeState.Accepting => new IllegalEventException(message, "being accepted"),
        ExchangeState.Denying when !_denialComplete => new IllegalEventException(message, "answering with a denial response", "websocket.http.response.body"),
        ExchangeState.Open or ExchangeState.Ending when message is not WebSocketSend => new IllegalEventException(message, "open", "websocket.send", "websocket.close"),
        _ when _closedBy == ClosedBy.Application => new IllegalEventException(message, "closed by the application itself"),
        _ => new ConnectionClosedException(),
    };

    private void CheckAccept(WebSocketAccept accept)
    {
        if (accept.Subprotocol is { } chosen && !_offered.Contains(chosen, StringComparer.Ordinal))
        {
            throw new IllegalEventException($"The subprotocol '{HeaderText.Escape(chosen)}' was not offered by the client; accept one of Scope.Subprotocols, or none.");
        }

        if (accept.Headers is null)
        {
            return;
        }

        foreach (var (name, _) in accept.Headers)
        {
            if (name.StartsWith("sec-websocket-", StringComparison.Ordinal) || name is "connection" or "upgrade" or "content-length" or "transfer-encoding")
            {
                throw new IllegalEventException($"The header '{name}' of websocket.accept belongs to the server; leave it out.");
            }
        }
    }

    private static void CheckClose(WebSocketClose close)
    {
        if (!CloseFrame.IsAllowed(close.Code))
        {
            throw new IllegalEventException($"A WebSocket cannot be closed with code {close.Code}; use 1000-1003, 1007-1014 or 3000-4999.");
        }

        if (Encoding.UTF8.GetByteCount(close.Reason ?? "") > CloseFrame.MaxReasonBytes)
        {
            throw new IllegalEventException($"A close reason has at most {CloseFrame.MaxReasonBytes} bytes of UTF-8; shorten it.");
        }
    }

    private async ValueTask AcceptAsync(WebSocketAccept accept)
    {
        if (_originAllowed?.Invoke() == false)
        {
            Refuse(HandshakeRefusal.ForeignOrigin, ClosedBy.Server);
            return;
        }

        try
        {
            var (input, output) = await _request.AcceptAsync(accept.Subprotocol, _deflate?.ToHeader(), accept.Headers);
            var inflater = _deflate is null ? null : new MessageInflater(_deflate.ClientKeepsWindow);
            var reader = new MessageReader(_runtime.Options.MaxMessageBytes, _runtime.Options.MaxFrameBytes, inflater, _runtime.Partial);
            _pump = new InboundPump(input, reader, _events, _runtime.Heartbeat, this, _runtime.Options.MaxFramesPerSecond);
            _writer.Attach(output);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException)
        {
            Lose();
            throw new ConnectionClosedException("The peer went away during the handshake.", error);
        }

        Open();
    }

    private ValueTask BeginDenial(WebSocketDenialStart start)
    {
        _denialFailed = start.Status is < 200 or > 599;
        if (!_denialFailed)
        {
            _request.BeginResponse(start.Status, start.Headers);
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask WriteDenialAsync(WebSocketDenialBody body)
    {
        try
        {
            if (!_denialFailed)
            {
                await _request.WriteResponseAsync(body.Body, last: !body.MoreBody);
            }
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException)
        {
            Lose();
            throw new ConnectionClosedException("The peer went away during the denial response.", error);
        }

        if (!body.MoreBody)
        {
            Refuse(_denialFailed ? HandshakeRefusal.Failed : null, ClosedBy.Application);
        }
    }
}
