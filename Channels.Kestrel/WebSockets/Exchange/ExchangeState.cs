namespace Channels.Kestrel;

/// <summary>Where a WebSocket stands, as far as sending goes.</summary>
internal enum ExchangeState
{
    /// <summary>The application has not answered the handshake.</summary>
    Connecting,

    /// <summary>The application has accepted; the response is being written.</summary>
    Accepting,

    /// <summary>The application refuses with a response of its own.</summary>
    Denying,

    /// <summary>Messages go both ways.</summary>
    Open,

    /// <summary>
    /// The peer has closed or broken the protocol; the application may still answer what came before, then our close
    /// frame follows.
    /// </summary>
    Ending,

    /// <summary>Our close frame is on its way or nothing can be sent any more.</summary>
    Closed,
}
