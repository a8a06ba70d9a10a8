using System.ComponentModel;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>
/// Serves one client in one namespace: an instance for each, made with services of its own. Mark methods with
/// <see cref="OnAttribute"/> to handle events; override <see cref="OnConnectAsync"/> to let clients in or not.
/// </summary>
/// <remarks>
/// Handlers of one client run one after the other, in the order of its events; those of other clients, and of the same one in
/// another namespace, run beside them. A handler that fails is logged, and the client stays; its event is not acknowledged.
/// Acknowledgements of the client's come in while a handler runs. Methods with <see cref="HandlesAttribute"/> take messages of
/// the layer, as in every consumer.
/// </remarks>
public abstract class SocketIOConsumer : Consumer
{
    private NamespaceSocket? _socket;
    private string? _reason;
    private bool _answered;

    /// <summary>The facts about the connection: user, headers, query, and what the client said for itself.</summary>
    public new SocketIOScope Scope => (SocketIOScope)base.Scope; // ServedScopeType has made sure

    /// <summary>The client. From the first handler on, not in the constructor.</summary>
    protected NamespaceSocket Socket => _socket ??= new(this, Scope.Connection);

    /// <inheritdoc/>
    protected sealed override string ServedScopeType => "socketio";

    /// <inheritdoc/>
    protected sealed override bool HasPeer => true;

    /// <summary>
    /// The client wants in. Return to let it in; throw a <see cref="SocketIORefusedException"/> to keep it out and tell it why. What is
    /// emitted here leaves behind the answer. Default lets everybody in.
    /// </summary>
    /// <param name="authentication">What the client says for itself; an object without properties when it says nothing. Written by the client.</param>
    protected virtual ValueTask OnConnectAsync(JsonElement authentication) => ValueTask.CompletedTask;

    /// <summary>The client has left, or was made to; its rooms are left right after. Runs once for each client that was let in.</summary>
    /// <param name="reason">As in <see cref="SocketIODisconnect"/>.</param>
    protected virtual ValueTask OnDisconnectAsync(string reason) => ValueTask.CompletedTask;

    /// <summary>
    /// Every event comes through here: the place to look at all of them, or to stop one by not calling the base, which hands it to its handler.
    /// A stopped event is not acknowledged, and the client is not told.
    /// </summary>
    /// <param name="message">The event.</param>
    protected virtual ValueTask OnEventAsync(SocketIOEvent message) => DispatchEventAsync(message);

    /// <summary>Hands an event to its handler; overridden by the generator. The default passes it over: nobody handles it, and it is not acknowledged.</summary>
    /// <param name="message">The event.</param>
    protected virtual ValueTask DispatchEventAsync(SocketIOEvent message) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override ValueTask DispatchAsync(Event message)
    {
        switch (message)
        {
            case SocketIOEvent handled:
                return OnEventAsync(handled);
            case SocketIOConnect connect:
                return ConnectAsync(connect);
            case SocketIODisconnect disconnect:
                _reason = disconnect.Reason;
                Stop();
                return ValueTask.CompletedTask;
            case ChannelMessage { Type: RoomMessages.JoinType or RoomMessages.LeaveType or RoomMessages.DisconnectType or RoomMessages.ReplacedType } command:
                return ObeyAsync(command);
            case ChannelMessage { Type: RoomMessages.EmitType } emit:
                return DropMessageAsync(emit, ConsumerDropReason.NotBindable, "it needs the namespace as 'nsp', and the event as 'event' and 'args'");
            default:
                return base.DispatchAsync(message);
        }
    }

    /// <inheritdoc/>
    protected sealed override bool EndsConnection(Event message) => message is SocketIODisconnect;

    /// <summary>Events that are emitted to rooms; an override calls the base for those.</summary>
    /// <param name="message">The message.</param>
    protected override Event? PassOn(ChannelMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Type == RoomMessages.EmitType ? RoomMessages.ToEmit(message, Scope.Connection.Runtime.Codec) : null;
    }

    /// <inheritdoc/>
    protected override void OnSent(Event message)
    {
        _answered |= message is SocketIOAccept or SocketIORefuse or SocketIOLeave;
        if (message is SocketIORefuse or SocketIOLeave)
        {
            IgnoreUntilEnd();
        }
    }

    /// <inheritdoc/>
    protected override ValueTask OnEndAsync(bool failed) => Scope.Connection.WasConnected
        ? OnDisconnectAsync(_reason ?? "server namespace disconnect")
        : ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override ValueTask CloseConnectionAsync(int code, string reason) => SendAsync(new SocketIOLeave(CloseSession: true));

    /// <summary>
    /// As the base; besides, a failed handler of an event ends nothing, one that waited for an acknowledgement of a client that has left is
    /// not even logged, and a layer that fails while the client connects keeps it out. A failed layer is logged as such, not as the handler's.
    /// </summary>
    /// <param name="message">The event being handled, or null.</param>
    /// <param name="error">The failure.</param>
    protected override async ValueTask<bool> OnErrorAsync(Event? message, Exception error)
    {
        if (error is AcknowledgementException { InnerException: ConnectionClosedException } && !Scope.Connection.IsOpen)
        {
            return true; // that the client has left is nobody's mistake
        }

        if (message is SocketIOEvent)
        {
            if (Layer is null || !IsLayerFailure(error)) // of a layer's it was told before this was asked, once per episode
            {
                Scope.Connection.Runtime.Log.HandlerFailed(GetType().Name, error);
            }

            return true;
        }

        var survives = await base.OnErrorAsync(message, error);
        if (survives && !_answered)
        {
            await SendAsync(new SocketIORefuse("Service unavailable"));
        }

        return survives;
    }

    /// <summary>For generated code: the handler is done, and its event is acknowledged without arguments where the client waits.</summary>
    /// <param name="message">The event.</param>
    /// <param name="handling">The handler.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected async ValueTask CompleteAsync(SocketIOEvent message, ValueTask handling)
    {
        await handling;
        await new Acknowledgement(message, Scope.Connection).SendAsync();
    }

    /// <summary>For generated code: what the handler gives is the acknowledgement, where the client waits.</summary>
    /// <typeparam name="T">The result's type.</typeparam>
    /// <param name="message">The event.</param>
    /// <param name="handling">The handler.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected async ValueTask CompleteAsync<T>(SocketIOEvent message, ValueTask<T> handling) =>
        await new Acknowledgement(message, Scope.Connection).SendAsync(await handling);

    /// <summary>For generated code: as for a <see cref="ValueTask{TResult}"/>.</summary>
    /// <typeparam name="T">The result's type.</typeparam>
    /// <param name="message">The event.</param>
    /// <param name="handling">The handler.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected ValueTask CompleteAsync<T>(SocketIOEvent message, Task<T> handling) => CompleteAsync(message, new ValueTask<T>(handling));

    /// <summary>For generated code: what a handler acknowledges its event with.</summary>
    /// <param name="message">The event.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected Acknowledgement AcknowledgementOf(SocketIOEvent message) => new(message, Scope.Connection);

    /// <summary>For generated code: the event's arguments do not fit its handler. It is passed over, and logged once.</summary>
    /// <param name="message">The event.</param>
    /// <param name="handler">The handler's name.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected ValueTask PassOver(SocketIOEvent message, string handler)
    {
        Scope.Connection.Runtime.Log.Mismatched(GetType().Name, handler);
        return ValueTask.CompletedTask;
    }

    /// <exception cref="InvalidOperationException">No layer is configured.</exception>
    internal IChannelLayer LayerOfRooms() => RequireLayer();

    internal async ValueTask JoinRoomAsync(NamespaceConnection connection, string room)
    {
        ArgumentNullException.ThrowIfNull(room);
        connection.Rooms.Add(room); // first: what is sent to the room from now on is for a member
        connection.Kept?.Joined(room);
        try
        {
            await Groups.AddAsync(GroupOf(connection, room));
            await SaveAsync(connection);
            if (connection.IsConnected)
            {
                connection.Runtime.Watch?.OnJoined(connection, room);
            }
        }
        catch (ConnectionClosedException)
        {
            // The client has gone, and is in no room.
        }
        catch
        {
            connection.Rooms.Remove(room);
            connection.Kept?.Left(room);
            throw;
        }
    }

    internal async ValueTask LeaveRoomAsync(NamespaceConnection connection, string room)
    {
        ArgumentNullException.ThrowIfNull(room);
        if (connection.Rooms.Contains(room))
        {
            connection.Rooms.Remove(room);
            connection.Kept?.Left(room);
            await Groups.DiscardAsync(GroupOf(connection, room));
            await SaveAsync(connection);
            if (connection.IsConnected)
            {
                connection.Runtime.Watch?.OnLeft(connection, room);
            }
        }
    }

    // A client knows of its rooms what outlives this process.
    private static Task SaveAsync(NamespaceConnection connection) => connection is { Kept: { } kept, IsConnected: true } ? kept.SaveAsync() : Task.CompletedTask;

    private static string GroupOf(NamespaceConnection connection, string room) => SocketIOGroups.OfRoom(connection.Namespace, room, connection.Runtime.Options.GroupPrefix);

    private async ValueTask ConnectAsync(SocketIOConnect connect)
    {
        var connection = Scope.Connection;
        (connection.Channel, connection.Scope) = (ChannelName, Scope); // the one that the consumer holds anyway, not another one beside it
        if (connection.Kept is not null && !SendsDirectly)
        {
            connection.SendThrough(SendAsync);
        }

        try
        {
            await OnConnectAsync(connect.Authentication);
        }
        catch (SocketIORefusedException refusal)
        {
            await SendAsync(new SocketIORefuse(refusal.Message, refusal.Content));
            return;
        }

        if (_answered)
        {
            return;
        }

        if (Layer is not null)
        {
            await Groups.AddAsync(SocketIOGroups.OfNamespace(connection.Namespace, connection.Runtime.Options.GroupPrefix));
            foreach (var room in connection.IsRecovered ? connection.Rooms.ToArray() : [connection.Id]) // that of its own id; others too, if it has come back
            {
                await Groups.AddAsync(GroupOf(connection, room));
            }
        }

        await SendAsync(SocketIOAccept.Instance);
    }

    // What other processes, or other clients' handlers, want of the clients of a room.
    private async ValueTask ObeyAsync(ChannelMessage command)
    {
        var connection = Scope.Connection;
        if (RoomMessages.ReadFilter(command.Fields)?.Drops(connection.Rooms) == true)
        {
            return;
        }

        if (command.Type == RoomMessages.ReplacedType)
        {
            if (connection.Kept is { } kept && command.Fields.TryGetValue("by", out var owner) && owner.Kind == MessageValueKind.Text && owner.GetText() != kept.Owner)
            {
                await kept.SaveAsync(); // ends the connection, unless the state is still its own: the news may be older than this connection
            }

            return;
        }

        if (command.Type == RoomMessages.DisconnectType)
        {
            await SendAsync(new SocketIOLeave(command.Fields.TryGetValue("close", out var close) && close.Kind == MessageValueKind.Boolean && close.GetBoolean()));
            return;
        }

        foreach (var room in RoomMessages.ReadNames(command.Fields, "rooms"))
        {
            await (command.Type == RoomMessages.JoinType ? JoinRoomAsync(connection, room) : LeaveRoomAsync(connection, room));
        }
    }
}
