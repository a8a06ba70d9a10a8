namespace Channels.SocketIO;

/// <summary>A client in some process, as it was when it was asked for.</summary>
public sealed class RemoteSocket
{
    private readonly BroadcastOperator _self;
    private readonly IReadOnlyList<string> _names;
    private readonly SocketIOArguments _values;

    internal RemoteSocket(BroadcastOperator self, string space, string id, IReadOnlyList<string> rooms, IReadOnlyList<string> names, SocketIOArguments values) =>
        (_self, Namespace, Id, Rooms, _names, _values) = (self, space, id, rooms, names, values);

    /// <summary>The client's id in its namespace.</summary>
    public string Id { get; }

    /// <summary>The namespace.</summary>
    public string Namespace { get; }

    /// <summary>The rooms that it was in, that of its own id first.</summary>
    public IReadOnlyList<string> Rooms { get; }

    /// <summary>The path and query of the request that opened its session.</summary>
    public string Url { get; internal init; } = "";

    /// <summary>The client's address; empty when unknown.</summary>
    public string Address { get; internal init; } = "";

    /// <summary>When it asked to be let in.</summary>
    public DateTimeOffset ConnectedAt { get; internal init; }

    /// <summary>The names of what the application keeps with it.</summary>
    public IReadOnlyList<string> DataNames => _names;

    /// <summary>What the application keeps with it under a name (<see cref="NamespaceSocket.Data"/>).</summary>
    /// <typeparam name="T">The type to read it as.</typeparam>
    /// <param name="name">The name.</param>
    /// <param name="value">What is kept.</param>
    /// <returns>False when nothing of the type is kept there.</returns>
    public bool TryGetData<T>(string name, out T? value)
    {
        value = default;
        return _names.ToList().IndexOf(name) is >= 0 and var index && _values.TryGet(index, out value);
    }

    /// <summary>Emits an event to the client, wherever it is.</summary>
    /// <param name="name">The event's name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="ArgumentException">The name is one of the client's own, or the arguments cannot be sent.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask EmitAsync(string name, params object?[] arguments) => _self.EmitAsync(name, arguments);

    /// <summary>Makes it a member of rooms.</summary>
    /// <param name="rooms">The rooms.</param>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask JoinAsync(params IEnumerable<string> rooms) => _self.SocketsJoinAsync(rooms);

    /// <summary>Ends its membership in rooms.</summary>
    /// <param name="rooms">The rooms.</param>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask LeaveAsync(params IEnumerable<string> rooms) => _self.SocketsLeaveAsync(rooms);

    /// <summary>Sends it out of the namespace.</summary>
    /// <param name="close">True to close its connection. Default false.</param>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask DisconnectAsync(bool close = false) => _self.DisconnectSocketsAsync(close);
}
