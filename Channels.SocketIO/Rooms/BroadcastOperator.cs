namespace Channels.SocketIO;

/// <summary>
/// Says which clients are meant and how, and then emits to them: <c>server.Of("/").To("news").Except("muted").EmitAsync("item", item)</c>.
/// Each step gives a new one; they may be kept and used from any thread.
/// </summary>
/// <remarks>Rooms are groups of the channel layer: the clients of all processes on it are meant unless <see cref="Local"/> says otherwise.</remarks>
public sealed class BroadcastOperator
{
    private readonly IRoomSender _sender;
    private readonly RoomTarget _target;
    private readonly EmitFlags _flags;

    internal BroadcastOperator(IRoomSender sender, RoomTarget target, EmitFlags flags = default) => (_sender, _target, _flags) = (sender, target, flags);

    /// <summary>The clients of this process only.</summary>
    public BroadcastOperator Local => new(_sender, _target, _flags with { IsLocal = true });

    /// <summary>Clients that cannot be written to at once do without: for what the next event replaces.</summary>
    public BroadcastOperator Volatile => new(_sender, _target, _flags with { IsVolatile = true });

    /// <summary>Adds rooms: the members of any of them are meant, each once. A client's id is a room as well.</summary>
    /// <param name="rooms">The rooms.</param>
    public BroadcastOperator To(params IEnumerable<string> rooms) => new(_sender, _target.To(rooms), _flags);

    /// <summary>Takes the members of rooms out.</summary>
    /// <param name="rooms">The rooms.</param>
    public BroadcastOperator Except(params IEnumerable<string> rooms) => new(_sender, _target.Without(rooms), _flags);

    /// <summary>Whether what is sent may be compressed. Default true.</summary>
    /// <param name="compress">False for secrets beside text of strangers.</param>
    public BroadcastOperator Compress(bool compress) => new(_sender, _target, _flags with { IsPlain = !compress });

    /// <summary>Emits an event to all clients that are meant. It is encoded once in each process, whatever their number.</summary>
    /// <param name="name">The event's name.</param>
    /// <param name="arguments">Its arguments, each read by its JSON contract; byte arrays go as such, at any depth.</param>
    /// <exception cref="ArgumentException">The name is one of the client's own, or the arguments cannot be sent.</exception>
    /// <exception cref="NotSupportedException">An argument has no JSON contract.</exception>
    /// <exception cref="InvalidOperationException">No layer is configured.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask EmitAsync(string name, params object?[] arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(arguments);
        var emit = new SocketIOEmit(_target.Space, name, _sender.Codec.Encode(name, arguments)) { IsVolatile = _flags.IsVolatile, IsCompressible = !_flags.IsPlain };
        return _flags.IsLocal ? EmitHere(emit)
            : _sender.Publisher is { } publisher ? PublishAsync(publisher, emit)
            : _target.SendAsync(_sender.Layer, _sender.Prefix, RoomMessages.EmitType, () => RoomMessages.ToMap(emit));
    }

    /// <summary>How long acknowledgements are waited for. Default 20 s.</summary>
    /// <param name="time">The time; more than 0.</param>
    public BroadcastOperator Timeout(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        return new(_sender, _target, _flags with { Timeout = time });
    }

    /// <summary>Emits an event to all clients that are meant, in all processes, and waits for the acknowledgement of each.</summary>
    /// <param name="name">The event's name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What each has answered, in no order; empty at once when nobody is meant.</returns>
    /// <exception cref="AcknowledgementException">
    /// Some have not answered in time, or have gone, or another process has not answered for its clients; the answers of the others stand in it.
    /// </exception>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    /// <exception cref="InvalidOperationException">There is no server in this process.</exception>
    public async Task<IReadOnlyList<SocketIOArguments>> EmitWithAckAsync(string name, params object?[] arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(arguments);
        var timeout = _flags.Timeout ?? TimeSpan.FromSeconds(20);
        var emit = new SocketIOEmit(_target.Space, name, _sender.Codec.Encode(name, arguments)) { IsCompressible = !_flags.IsPlain };
        var here = LocalAnswers.AskAsync(_sender.Server, _target, emit, timeout);
        GatheredAnswers[] elsewhere = !_flags.IsLocal && _sender.Node is { } node ? await node.AskAsync(_target, emit, timeout) : [];
        GatheredAnswers[] all = [await here, .. elsewhere];
        SocketIOArguments[] answers = [.. all.SelectMany(each => each.Answers)];
        var (missing, silence) = (all.Sum(each => each.Missing), all.Select(each => each.Silence).FirstOrDefault(why => why is not null));
        if (missing == 0 && silence is null)
        {
            return answers;
        }

        var also = silence is null ? "" : ", and a process has not answered for its clients";
        throw new AcknowledgementException($"{missing} of {missing + answers.Length} clients have not acknowledged '{name}' in time{also}.", silence!) { IsTimeout = true, Answers = answers };
    }

    /// <summary>Tells which clients are meant now, in all processes.</summary>
    /// <exception cref="RequestException">Another process has not answered within 5 s.</exception>
    /// <exception cref="InvalidOperationException">There is no server in this process.</exception>
    public async Task<IReadOnlyList<RemoteSocket>> FetchSocketsAsync()
    {
        var own = _target.In(_sender.Server.Sockets).Select(LocalAnswers.Describe);
        var others = !_flags.IsLocal && _sender.Node is { } node ? await node.FetchAsync(_target) : [];
        return [.. own.Concat(others).Select(ToRemote)];
    }

    /// <summary>Makes all clients that are meant members of rooms.</summary>
    /// <param name="rooms">The rooms.</param>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask SocketsJoinAsync(params IEnumerable<string> rooms) => SendRoomsAsync(RoomMessages.JoinType, rooms);

    /// <summary>Ends the membership of all clients that are meant in rooms.</summary>
    /// <param name="rooms">The rooms.</param>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask SocketsLeaveAsync(params IEnumerable<string> rooms) => SendRoomsAsync(RoomMessages.LeaveType, rooms);

    /// <summary>Sends all clients that are meant out of the namespace.</summary>
    /// <param name="close">True to close their connections. Default false.</param>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public ValueTask DisconnectSocketsAsync(bool close = false) =>
        SendAsync(RoomMessages.DisconnectType, () => new MessageMap { ["nsp"] = _target.Space, ["close"] = close });

    private async ValueTask PublishAsync(EventPublisher publisher, SocketIOEmit emit) => await publisher.PublishAsync(_target, emit);

    private ValueTask SendRoomsAsync(string type, IEnumerable<string> rooms)
    {
        var names = RoomMessages.ToList(rooms);
        return SendAsync(type, () => new MessageMap { ["nsp"] = _target.Space, ["rooms"] = names });
    }

    // Those of this process are told one by one, by their own channels: a message to a room is for all processes, and anybody may join it.
    private async ValueTask SendAsync(string type, Func<MessageMap> fields)
    {
        if (!_flags.IsLocal)
        {
            await _target.SendAsync(_sender.Layer, _sender.Prefix, type, fields);
            return;
        }

        foreach (var socket in _target.In(_sender.Server.Sockets))
        {
            if (socket.Channel is { } channel)
            {
                await TellAsync(channel, new ChannelMessage(type, fields()));
            }
        }
    }

    private async ValueTask TellAsync(string channel, ChannelMessage message)
    {
        try
        {
            await _sender.Layer.SendAsync(channel, message);
        }
        catch (ChannelFullException)
        {
            // As in a group: whoever does not read keeps nobody else from it.
        }
    }

    private RemoteSocket ToRemote(MessageMap fields)
    {
        var id = fields["id"].GetText();
        var values = RoomMessages.ReadValues(fields, _sender.Codec) ?? _sender.Codec.EncodeAll([]);
        return new(new(_sender, new RoomTarget(_target.Space).To([id])), _target.Space, id, RoomMessages.ReadNames(fields, "rooms"), RoomMessages.ReadNames(fields, "names"), values)
        {
            Url = fields["url"].GetText(),
            Address = fields["address"].GetText(),
            ConnectedAt = DateTimeOffset.FromUnixTimeMilliseconds(fields["since"].GetInt64()),
        };
    }

    // One that takes too little is closed, and one that has gone is nobody's mistake: the others do not notice.
    private ValueTask EmitHere(SocketIOEmit emit)
    {
        foreach (var socket in _target.In(_sender.Server.Sockets))
        {
            socket.Deliver(emit);
        }

        return ValueTask.CompletedTask;
    }
}
