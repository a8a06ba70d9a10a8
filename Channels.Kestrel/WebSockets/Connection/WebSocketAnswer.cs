namespace Channels.Kestrel;

/// <summary>The application's answer to one handshake, and what it depends on; let go of as soon as the connection is open.</summary>
/// <param name="connection">The connection.</param>
/// <param name="transport">What completes the handshake.</param>
/// <param name="offered">The subprotocols that the client offers.</param>
/// <param name="deflate">The compression to agree to; null for none.</param>
/// <param name="originAllowed">Asked before acceptance; null when the origin has been checked already.</param>
internal sealed class WebSocketAnswer(
    WebSocketConnection connection, WebSocketTransport transport, IReadOnlyList<string> offered, DeflateTerms? deflate, Func<bool>? originAllowed)
{
    private WebSocketDenial? _denial;

    /// <summary>The response that the server writes because the application has not written one; null for none.</summary>
    public HandshakeRefusal? Refusal { get; set; }

    /// <summary>The application's own response is complete.</summary>
    public bool IsDenied => _denial is { IsComplete: true };

    public void Check(Event message) => connection.Closing.Check(message, offered, ref _denial);

    public async ValueTask AcceptAsync(WebSocketAccept accept)
    {
        if (originAllowed?.Invoke() == false)
        {
            connection.Closing.Refuse(HandshakeRefusal.ForeignOrigin, WebSocketPhase.Accepting, WebSocketPhase.Lost, ClosedBy.Server);
            return;
        }

        try
        {
            await transport.AcceptAsync(connection, accept, deflate);
        }
        catch (Exception error) when (IsTransportError(error))
        {
            connection.Closing.Lose();
            throw new ConnectionClosedException("The peer went away during the handshake.", error);
        }

        connection.Open(pings: !accept.HasHeartbeat);
    }

    /// <summary>Nothing is written yet, so that a body which breaks the rules can still end as an error.</summary>
    public ValueTask BeginDenial(WebSocketDenialStart start)
    {
        connection.Request.BeginResponse(start.Status, start.Headers);
        return ValueTask.CompletedTask;
    }

    public async ValueTask WriteDenialAsync(WebSocketDenialBody body)
    {
        try
        {
            await connection.Request.WriteResponseAsync(body.Body, last: !body.MoreBody);
        }
        catch (Exception error) when (IsTransportError(error))
        {
            connection.Closing.Lose();
            throw new ConnectionClosedException("The peer went away during the denial response.", error);
        }

        if (!body.MoreBody)
        {
            connection.Closing.Refuse(null, WebSocketPhase.Denying, WebSocketPhase.Denied, ClosedBy.Application);
        }
    }

    private static bool IsTransportError(Exception error) =>
        error is IOException or InvalidOperationException or OperationCanceledException or System.Net.WebSockets.WebSocketException;
}
