namespace Channels.SocketIO;

/// <summary>
/// Emits to the clients of Socket.IO servers on a channel layer, from any process that has the layer: a worker, a command, a
/// web site beside them. Thread-safe.
/// </summary>
public sealed class SocketIOEmitter
{
    private readonly RoomSender _sender;

    /// <summary>Makes an emitter.</summary>
    /// <param name="layer">The layer that the servers are on.</param>
    /// <param name="options">Those of the servers: contracts and the prefix of groups must be theirs. Null for the defaults.</param>
    /// <param name="history">The history of the layer's groups, where the servers' clients can come back (<see cref="SocketIOOptions.Recovery"/>). Null where they cannot.</param>
    /// <exception cref="ArgumentException">An option is not right, or the options let clients come back and there is no history; the message names it.</exception>
    public SocketIOEmitter(IChannelLayer layer, SocketIOOptions? options = null, IGroupHistory? history = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        options ??= new();
        options.ThrowIfInvalid();
        if (options.Recovery is not null && history is null)
        {
            throw new ArgumentException($"{nameof(SocketIOOptions)}.{nameof(options.Recovery)} lets clients come back to events that they missed: give the emitter the {nameof(IGroupHistory)} of the layer '{layer.Alias}', so that its events are among them.", nameof(history));
        }

        var publisher = options.Recovery is null ? null : new EventPublisher(() => layer, () => history!, options.GroupPrefix); // looked at above
        _sender = new(SocketIORuntime.MakeCodec(options), () => layer, options.GroupPrefix, runtime: null, publisher);
    }

    /// <summary>All clients of a namespace.</summary>
    /// <param name="space">The namespace.</param>
    public BroadcastOperator Of(string space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return new(_sender, new RoomTarget(space));
    }

    /// <summary>The members of rooms in the main namespace.</summary>
    /// <param name="rooms">The rooms.</param>
    public BroadcastOperator To(params IEnumerable<string> rooms) => Of("/").To(rooms);
}
