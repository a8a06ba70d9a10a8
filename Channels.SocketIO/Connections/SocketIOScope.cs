using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>
/// One client in one namespace. Path, query, headers, client, user and what middleware has added are those of the request
/// that opened the session, whatever carries it now.
/// </summary>
/// <remarks>
/// The application inside receives <see cref="SocketIOConnect"/>, each <see cref="SocketIOEvent"/>, and, last,
/// <see cref="SocketIODisconnect"/>; it sends <see cref="SocketIOAccept"/> or <see cref="SocketIORefuse"/>, then
/// <see cref="SocketIOEmit"/>, <see cref="SocketIOAcknowledge"/> and <see cref="SocketIOLeave"/>.
/// </remarks>
public sealed record SocketIOScope : RequestScope
{
    [SetsRequiredMembers]
    internal SocketIOScope(EngineIOScope session, NamespaceConnection connection, JsonElement authentication, DateTimeOffset connectedAt)
        : base("socketio", session)
    {
        (Session, Connection, Authentication, ConnectedAt) = (session, connection, authentication, connectedAt);
        Aborted = connection.Aborted;
    }

    /// <summary>The session that carries the connection; its id is a secret, unlike <see cref="SocketId"/>.</summary>
    public EngineIOScope Session { get; }

    /// <summary>The namespace's name, such as <c>/</c> or <c>/admin</c>.</summary>
    public string Namespace => Connection.Namespace;

    /// <summary>The client's id in this namespace: public, known to it as <c>socket.id</c>, and the name of a room of its own.</summary>
    public string SocketId => Connection.Id;

    /// <summary>What the client has said to be let in; an object without properties when it said nothing. Written by the client.</summary>
    public JsonElement Authentication { get; }

    /// <summary>Whether the client was cut off and has come back to its id, rooms and data (<see cref="SocketIOOptions.Recovery"/>).</summary>
    public bool IsRecovered => Connection.IsRecovered;

    /// <summary>When the client asked to be let in.</summary>
    public DateTimeOffset ConnectedAt { get; }

    internal NamespaceConnection Connection { get; }
}
