using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>The first event of a namespace's connection: the client wants in.</summary>
/// <param name="Authentication">What it says for itself; an object without properties when it says nothing. Written by the client.</param>
public sealed record SocketIOConnect(JsonElement Authentication) : Event("socketio.connect");

/// <summary>The client has emitted an event.</summary>
/// <param name="Name">Its name: any text, but none of those that mean something to the client itself.</param>
/// <param name="Arguments">What came with it.</param>
/// <param name="AcknowledgementId">The number under which the client waits for an acknowledgement; null when it waits for none.</param>
public sealed record SocketIOEvent(string Name, SocketIOArguments Arguments, long? AcknowledgementId) : Event("socketio.event")
{
    private int _acknowledged;

    /// <summary>How much it holds of what the client has sent.</summary>
    internal int Bytes { get; init; }

    /// <summary>True for the first caller only: an event is acknowledged once.</summary>
    internal bool TryAcknowledge() => Interlocked.Exchange(ref _acknowledged, 1) == 0;
}

/// <summary>The last event of a namespace's connection.</summary>
/// <param name="Reason">
/// Why: <c>client namespace disconnect</c>, <c>server namespace disconnect</c>, <c>forced server close</c>, or a reason of the
/// session's own (<see cref="EngineIODisconnect"/>).
/// </param>
public sealed record SocketIODisconnect(string Reason) : Event("socketio.disconnect");

/// <summary>Lets the client in; what was emitted before leaves right after it.</summary>
public sealed record SocketIOAccept() : Event("socketio.accept")
{
    /// <summary>The only instance anyone needs; the event has no content.</summary>
    public static SocketIOAccept Instance { get; } = new();
}

/// <summary>Keeps the client out of the namespace; its connection stays, and it may try again.</summary>
/// <param name="Message">What the client is told.</param>
/// <param name="Data">What else it is told; null for nothing.</param>
public sealed record SocketIORefuse(string Message, object? Data = null) : Event("socketio.refuse");

/// <summary>Sends the client out of the namespace.</summary>
/// <param name="CloseSession">True to end its other namespaces and the connection itself as well. Default false.</param>
public sealed record SocketIOLeave(bool CloseSession = false) : Event("socketio.leave");

/// <summary>An acknowledgement of a client's event.</summary>
/// <param name="Id">The event's number.</param>
/// <param name="Arguments">What goes with it.</param>
public sealed record SocketIOAcknowledge(long Id, SocketIOArguments Arguments) : Event("socketio.acknowledge");

/// <summary>
/// An event for clients. One instance may go to any number of them in its namespace: it is encoded once. Made by emitting;
/// middleware sees it on its way.
/// </summary>
public sealed record SocketIOEmit : Event
{
    private EngineIOSend? _text;
    private EngineIOSend? _msgpack; // servers of one process may write otherwise

    internal SocketIOEmit(string space, string name, SocketIOArguments arguments, long? acknowledgementId = null)
        : base("socketio.emit") => (Namespace, Name, Arguments, AcknowledgementId) = (space, name, arguments, acknowledgementId);

    /// <summary>The namespace.</summary>
    public string Namespace { get; }

    /// <summary>The event's name.</summary>
    public string Name { get; }

    /// <summary>What goes with it.</summary>
    public SocketIOArguments Arguments { get; }

    /// <summary>The number under which an acknowledgement is waited for; null for none.</summary>
    public long? AcknowledgementId { get; }

    /// <summary>Whether it is dropped where it cannot leave at once.</summary>
    public bool IsVolatile { get; internal init; }

    /// <summary>Whether it may be compressed.</summary>
    public bool IsCompressible { get; internal init; } = true;

    /// <summary>Who does not get it although it comes to them; null for nobody.</summary>
    internal RoomFilter? Filter { get; init; }

    /// <summary>The same instance only.</summary>
    /// <param name="other">The other event.</param>
    public bool Equals(SocketIOEmit? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    /// <summary>What goes to the sessions, made at the first call for each way to write packets.</summary>
    internal EngineIOSend ToSend(PacketCodec codec)
    {
        ref var made = ref codec.Parser == SocketIOParser.Json ? ref _text : ref _msgpack;
        if (Volatile.Read(ref made) is { } send)
        {
            return send;
        }

        send = codec.Write(PacketType.Event, Namespace, AcknowledgementId, Arguments) with { Volatile = IsVolatile, Compress = IsCompressible };
        return Interlocked.CompareExchange(ref made, send, null) ?? send;
    }
}
