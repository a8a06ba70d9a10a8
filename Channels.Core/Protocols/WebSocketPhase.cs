namespace Channels.Extending;

/// <summary>Where a WebSocket stands, as far as its application's sending goes.</summary>
public enum WebSocketPhase
{
    /// <summary>The application has not answered the handshake.</summary>
    Connecting,

    /// <summary>The application has accepted, and the response is being written; the server moves on to <see cref="Open"/>.</summary>
    Accepting,

    /// <summary>The application refuses with a response of its own, which is not complete yet.</summary>
    Denying,

    /// <summary>Messages go both ways.</summary>
    Open,

    /// <summary>
    /// The peer has closed or broken the protocol; the application may still answer what came before, then the server's
    /// close frame follows.
    /// </summary>
    Ending,

    /// <summary>The application has refused with a complete response of its own.</summary>
    Denied,

    /// <summary>The application has closed, or refused with a close.</summary>
    Closed,

    /// <summary>The peer or the server has ended the connection.</summary>
    Lost,
}
