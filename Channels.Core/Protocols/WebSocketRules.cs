using System.Text;

namespace Channels.Extending;

/// <summary>
/// What an application may send on a WebSocket, and when (ASGI WebSocket specification; RFC 6455). Pure: servers and test
/// communicators ask the same rules, so an application gets the same error text from both.
/// </summary>
/// <remarks>
/// A server keeps the <see cref="WebSocketPhase"/> and guards it with a lock of its own. A
/// <see cref="WebSocketSend"/> in <see cref="WebSocketPhase.Open"/> or <see cref="WebSocketPhase.Ending"/> is always
/// legal, so that a server need not ask for each message.
/// </remarks>
public static class WebSocketRules
{
    /// <summary>The longest close reason, in bytes of UTF-8 (RFC 6455, section 5.5).</summary>
    public const int MaxReasonBytes = 123;

    /// <summary>The code of a disconnect whose close frame had none; never on the wire.</summary>
    public const int NoCode = 1005;

    /// <summary>The code of a disconnect without a close frame: the connection was lost or the handshake refused.</summary>
    public const int LostCode = 1006;

    /// <summary>True for codes that may stand in a close frame (RFC 6455, section 7.4): 1000–1003, 1007–1014, 3000–4999.</summary>
    /// <param name="code">The code.</param>
    public static bool IsCloseCode(int code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);

    /// <summary>Checks an event of the application's.</summary>
    /// <param name="phase">Where the connection stands.</param>
    /// <param name="message">What the application sends.</param>
    /// <param name="offered">The subprotocols that the client offered.</param>
    /// <param name="denial">The denial response; made here when one begins.</param>
    /// <returns>
    /// Where the connection stands afterwards. A close that changes nothing, because the application has closed or refused
    /// already, is to be passed over in silence: it gives back <paramref name="phase"/>. A close in
    /// <see cref="WebSocketPhase.Accepting"/> does too, and takes effect as soon as the connection is open.
    /// </returns>
    /// <exception cref="IllegalEventException">The event, or its content, is not legal: a mistake of the application's.</exception>
    /// <exception cref="ConnectionClosedException">The connection has ended: nobody's mistake.</exception>
    public static WebSocketPhase Next(WebSocketPhase phase, Event message, IReadOnlyList<string> offered, ref WebSocketDenial? denial)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(offered);
        switch (phase, message)
        {
            case (WebSocketPhase.Connecting, WebSocketAccept accept):
                CheckAccept(accept, offered);
                return WebSocketPhase.Accepting;
            case (WebSocketPhase.Connecting, WebSocketDenialStart start):
                denial = new WebSocketDenial(start);
                return WebSocketPhase.Denying;
            case (WebSocketPhase.Denying, WebSocketDenialBody body) when denial is not null:
                return denial.Add(body) ? WebSocketPhase.Denied : WebSocketPhase.Denying;
            case (WebSocketPhase.Connecting, WebSocketClose):
                return WebSocketPhase.Closed; // code and reason are lost
            case (WebSocketPhase.Open or WebSocketPhase.Ending, WebSocketClose close):
                CheckClose(close);
                return WebSocketPhase.Closed;
            case (WebSocketPhase.Accepting, WebSocketClose close):
                CheckClose(close);
                return phase;
            case (WebSocketPhase.Denying or WebSocketPhase.Denied or WebSocketPhase.Closed, WebSocketClose):
            case (WebSocketPhase.Open or WebSocketPhase.Ending, WebSocketSend):
                return phase;
            default:
                throw Refusal(phase, message);
        }
    }

    /// <summary>The error of an event that cannot be sent now.</summary>
    /// <param name="phase">Where the connection stands.</param>
    /// <param name="message">What the application sends.</param>
    /// <returns>
    /// <see cref="ConnectionClosedException"/> where the end may have overtaken the event, as it does when several tasks
    /// of an application send and close; else <see cref="IllegalEventException"/>.
    /// </returns>
    public static Exception Refusal(WebSocketPhase phase, Event message) => (phase, message) switch
    {
        (WebSocketPhase.Connecting, _) => new IllegalEventException(message, "connecting", "websocket.accept", "websocket.close", "websocket.http.response.start"),
        (WebSocketPhase.Accepting, _) => new IllegalEventException(message, "being accepted", "websocket.close"),
        (WebSocketPhase.Denying, _) => new IllegalEventException(message, "answering with a denial response", "websocket.http.response.body"),
        (WebSocketPhase.Open or WebSocketPhase.Ending, not WebSocketSend) => new IllegalEventException(message, "open", "websocket.send", "websocket.close"),
        (WebSocketPhase.Denied or WebSocketPhase.Closed, not (WebSocketSend or WebSocketAccept or WebSocketDenialStart or WebSocketDenialBody)) =>
            new IllegalEventException(message, "closed by the application itself"),
        _ => new ConnectionClosedException(),
    };

    /// <summary>The disconnect that an application gets for an end of its own; null when the event ends nothing.</summary>
    /// <param name="before">Where the connection stood.</param>
    /// <param name="after">Where it stands after <paramref name="message"/>, as <see cref="Next"/> says.</param>
    /// <param name="message">What the application sent.</param>
    public static WebSocketDisconnect? EndOf(WebSocketPhase before, WebSocketPhase after, Event message) => (before, after, message) switch
    {
        _ when before == after => null,
        (WebSocketPhase.Open or WebSocketPhase.Ending, WebSocketPhase.Closed, WebSocketClose close) => new WebSocketDisconnect(close.Code, close.Reason ?? ""),
        (_, WebSocketPhase.Closed or WebSocketPhase.Denied, _) => new WebSocketDisconnect(LostCode),
        _ => null,
    };

    private static void CheckAccept(WebSocketAccept accept, IReadOnlyList<string> offered)
    {
        if (accept.Subprotocol is { } chosen && !offered.Contains(chosen, StringComparer.Ordinal))
        {
            throw new IllegalEventException($"The subprotocol '{HeaderText.Escape(chosen)}' was not offered by the client; accept one of Scope.Subprotocols, or none.");
        }

        if (accept.Headers is not { } headers)
        {
            return;
        }

        foreach (var (name, value) in headers)
        {
            if (name == "content-length" || IsHopByHop(name) || name.StartsWith("sec-websocket-", StringComparison.Ordinal))
            {
                throw ServersOwn(name, accept);
            }

            CheckValue(name, value, accept);
        }
    }

    private static void CheckClose(WebSocketClose close)
    {
        if (!IsCloseCode(close.Code))
        {
            throw new IllegalEventException($"A WebSocket cannot be closed with code {close.Code}; use 1000-1003, 1007-1014 or 3000-4999.");
        }

        if (Encoding.UTF8.GetByteCount(close.Reason ?? "") > MaxReasonBytes)
        {
            throw new IllegalEventException($"A close reason has at most {MaxReasonBytes} bytes of UTF-8; shorten it.");
        }
    }

    // What a server decides about the connection and its framing (RFC 9110, section 7.6.1).
    internal static bool IsHopByHop(string header) =>
        header is "connection" or "keep-alive" or "proxy-connection" or "te" or "trailer" or "transfer-encoding" or "upgrade";

    internal static IllegalEventException ServersOwn(string header, Event message) =>
        new($"The header '{header}' of {message.Type} belongs to the server; leave it out.");

    internal static void CheckValue(string header, string value, Event message)
    {
        if (!Ascii.IsValid(value))
        {
            throw new IllegalEventException($"The value of header '{header}' of {message.Type} is not ASCII; encode it, as RFC 8187 does for parameters.");
        }
    }
}
