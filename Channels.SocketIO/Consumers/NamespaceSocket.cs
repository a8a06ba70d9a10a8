namespace Channels.SocketIO;

/// <summary>One client in one namespace, as applications see it. It may be kept and used from any thread; once the client has gone, nothing is sent.</summary>
public sealed class NamespaceSocket : IRoomSender // itself, for one object less per client
{
    private readonly SocketIOConsumer _consumer;
    private readonly NamespaceConnection _connection;

    internal NamespaceSocket(SocketIOConsumer consumer, NamespaceConnection connection) => (_consumer, _connection) = (consumer, connection);

    /// <summary>The client's id in this namespace: public, known to it as <c>socket.id</c>, and the name of a room of its own.</summary>
    public string Id => _connection.Id;

    /// <summary>The namespace's name.</summary>
    public string Namespace => _connection.Namespace;

    /// <summary>Whether the client has been let in and is still there.</summary>
    public bool IsConnected => _connection.IsConnected;

    /// <summary>
    /// Whether the client was cut off and has come back (<see cref="SocketIOOptions.Recovery"/>): it has its id, rooms and data, and gets
    /// what it missed before the answer. <see cref="SocketIOConsumer.OnConnectAsync"/> runs all the same, with this true.
    /// </summary>
    public bool IsRecovered => _connection.IsRecovered;

    /// <summary>The rooms that it is in, that of its own id first; a moment's view.</summary>
    public IReadOnlyList<string> Rooms => _connection.Rooms.ToArray();

    /// <summary>What the application keeps with it for as long as it is there.</summary>
    public SocketData Data => _connection.Data;

    /// <summary>Everybody else in the namespace.</summary>
    public BroadcastOperator Broadcast => new(this, new RoomTarget(Namespace) { Sender = _connection });

    /// <summary>Events that are dropped when they cannot leave at once.</summary>
    public SocketOperator Volatile => new(_connection, new() { IsVolatile = true });

    /// <inheritdoc/>
    PacketCodec IRoomSender.Codec => _connection.Runtime.Codec;

    /// <inheritdoc/>
    IChannelLayer IRoomSender.Layer => _consumer.LayerOfRooms();

    /// <inheritdoc/>
    string IRoomSender.Prefix => _connection.Runtime.Options.GroupPrefix;

    /// <inheritdoc/>
    SocketIORuntime IRoomSender.Server => _connection.Runtime;

    /// <inheritdoc/>
    ServerNode? IRoomSender.Node => (ServerNode?)_connection.Runtime.Node; // there is one kind, as below

    /// <inheritdoc/>
    EventPublisher? IRoomSender.Publisher => ((ClientRecovery?)_connection.Runtime.Recovery)?.Publisher;

    /// <summary>The members of rooms, this client left out.</summary>
    /// <param name="rooms">The rooms; a client's id is one as well.</param>
    public BroadcastOperator To(params IEnumerable<string> rooms) => Broadcast.To(rooms);

    /// <summary>Everybody else who is in none of the rooms.</summary>
    /// <param name="rooms">The rooms.</param>
    public BroadcastOperator Except(params IEnumerable<string> rooms) => Broadcast.Except(rooms);

    /// <summary>Whether what is sent may be compressed. Default true.</summary>
    /// <param name="compress">False for secrets beside text of strangers.</param>
    public SocketOperator Compress(bool compress) => new(_connection, new() { IsPlain = !compress });

    /// <summary>How long an acknowledgement is waited for. Default 20 s.</summary>
    /// <param name="time">The time; more than 0.</param>
    public SocketOperator Timeout(TimeSpan time) => new SocketOperator(_connection, default).Timeout(time);

    /// <summary>Emits an event to this client.</summary>
    /// <param name="name">The event's name.</param>
    /// <param name="arguments">Its arguments, each written by its JSON contract; byte arrays go as such, at any depth.</param>
    /// <exception cref="ArgumentException">The name is one of the client's own, or the arguments cannot be sent.</exception>
    /// <exception cref="NotSupportedException">An argument has no JSON contract.</exception>
    public ValueTask EmitAsync(string name, params object?[] arguments) => new SocketOperator(_connection, default).EmitAsync(name, arguments);

    /// <summary>Emits an event and waits for the client's acknowledgement.</summary>
    /// <param name="name">The event's name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What the client answers.</returns>
    /// <exception cref="AcknowledgementException">It does not in time (20 s, or <see cref="Timeout"/>), or goes before.</exception>
    /// <exception cref="InvalidOperationException">It owes too many already.</exception>
    public Task<SocketIOArguments> EmitWithAckAsync(string name, params object?[] arguments) => new SocketOperator(_connection, default).EmitWithAckAsync(name, arguments);

    /// <summary>Makes the client a member of a room; nothing happens when it is one, or has gone.</summary>
    /// <param name="room">The room; any text.</param>
    /// <exception cref="InvalidOperationException">No layer is configured, or the client is in as many rooms as it may be (<c>MaxGroups</c>).</exception>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask JoinAsync(string room) => _consumer.JoinRoomAsync(_connection, room);

    /// <summary>Ends the client's membership in a room; nothing happens when there is none.</summary>
    /// <param name="room">The room.</param>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask LeaveAsync(string room) => _consumer.LeaveRoomAsync(_connection, room);

    /// <summary>Sends the client out of the namespace.</summary>
    /// <param name="close">True to end its other namespaces and its connection as well. Default false.</param>
    public ValueTask DisconnectAsync(bool close = false) => _connection.Send(new SocketIOLeave(close), CancellationToken.None);
}
