using System.Text;

namespace Channels.Testing;

/// <summary>The states of a WebSocket as its application sees them (ASGI WebSocket specification).</summary>
internal sealed class WebSocketRules(IReadOnlyList<string> offered) : SendRules
{
    private const int LongestReason = 123;
    private State _state;

    private enum State
    {
        Connecting,
        Open,
        Denying,
        Closed,
    }

    /// <inheritdoc/>
    public override bool EndAborts => true;

    /// <inheritdoc/>
    public override Event? Check(Event message)
    {
        switch (_state, message)
        {
            case (State.Connecting, WebSocketAccept accept):
                CheckAccept(accept);
                _state = State.Open;
                return null;
            case (State.Connecting, WebSocketClose):
                _state = State.Closed;
                return new WebSocketDisconnect(1006);
            case (State.Connecting, WebSocketDenialStart):
                _state = State.Denying;
                return null;
            case (State.Denying, WebSocketDenialBody { MoreBody: true }):
                return null;
            case (State.Denying, WebSocketDenialBody):
                _state = State.Closed;
                return new WebSocketDisconnect(1006);
            case (State.Open, WebSocketSend):
                return null;
            case (State.Open, WebSocketClose close):
                CheckClose(close);
                _state = State.Closed;
                return new WebSocketDisconnect(close.Code, close.Reason);
            default:
                throw Illegal(message);
        }
    }

    private IllegalEventException Illegal(Event message) => _state switch
    {
        State.Connecting => new(message, "connecting", "websocket.accept", "websocket.close", "websocket.http.response.start"),
        State.Open => new(message, "open", "websocket.send", "websocket.close"),
        State.Denying => new(message, "being refused", "websocket.http.response.body"),
        _ => new(message, "closed by the application"),
    };

    private void CheckAccept(WebSocketAccept accept)
    {
        if (accept.Subprotocol is { } chosen && !offered.Contains(chosen, StringComparer.Ordinal))
        {
            throw new IllegalEventException($"The subprotocol '{chosen}' was accepted, but the peer offered: {(offered.Count == 0 ? "none" : string.Join(", ", offered))}.");
        }

        foreach (var header in accept.Headers ?? [])
        {
            if (header.Key is "connection" or "upgrade" || header.Key.StartsWith("sec-websocket-", StringComparison.Ordinal))
            {
                throw new IllegalEventException($"The header '{header.Key}' of 'websocket.accept' belongs to the server; use the Subprotocol parameter, or leave it out.");
            }
        }
    }

    private static void CheckClose(WebSocketClose close)
    {
        if (close.Code is not ((>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999)))
        {
            throw new IllegalEventException($"The close code {close.Code} may not be sent: use 1000-1003, 1007-1014 or 3000-4999 (RFC 6455, section 7.4).");
        }

        var length = Encoding.UTF8.GetByteCount(close.Reason);
        if (length > LongestReason)
        {
            throw new IllegalEventException($"The close reason has {length} bytes, a close frame has room for {LongestReason}.");
        }
    }
}
