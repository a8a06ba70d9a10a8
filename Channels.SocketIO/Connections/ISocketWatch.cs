namespace Channels.SocketIO;

/// <summary>
/// Hears of all that clients in namespaces do, and of what is done to them. Called in the order of things, beside locks and on any
/// thread, so it only notes.
/// </summary>
internal interface ISocketWatch
{
    /// <summary>A client is being let in; it may have rooms already.</summary>
    void OnConnected(NamespaceConnection socket);

    /// <summary>A client that was let in has gone.</summary>
    void OnDisconnected(NamespaceConnection socket, string reason);

    /// <summary>A client has moved from polling to a WebSocket.</summary>
    void OnUpgraded(NamespaceConnection socket);

    void OnJoined(NamespaceConnection socket, string room);

    void OnLeft(NamespaceConnection socket, string room);

    void OnReceived(NamespaceConnection socket, SocketIOEvent message);

    void OnSent(NamespaceConnection socket, SocketIOEmit message);
}
