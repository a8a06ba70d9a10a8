namespace Channels.SocketIO;

/// <summary>
/// One server among those of all processes on a layer: answers for its clients, and asks the others for theirs. Servers know of each
/// other by the layer's presence, so one that was killed is forgotten with its lease.
/// </summary>
internal sealed class ServerNode : IServerNode
{
    private const string FetchType = "socketio.fetch";
    private const string AskType = "socketio.ask";
    private const string DescribeType = "socketio.describe";

    // How much longer than clients others are waited for.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);

    private readonly SocketIORuntime _runtime;
    private readonly ChannelRequests _requests;
    private readonly IGroupPresence _presence;
    private readonly string _group;
    private AnsweringChannel? _channel;

    private ServerNode(SocketIORuntime runtime, ChannelRequests requests, IGroupPresence presence) =>
        (_runtime, _requests, _presence, _group) = (runtime, requests, presence, $"{runtime.Options.GroupPrefix}.servers");

    /// <summary>Begins to answer, and makes the server known.</summary>
    public static async Task<ServerNode> StartAsync(SocketIORuntime runtime, ChannelRequests requests, IGroupPresence presence, CancellationToken cancellationToken)
    {
        var node = new ServerNode(runtime, requests, presence);
        node._channel = await AnsweringChannel.OpenAsync(requests, node.AnswerAsync, "sio", cancellationToken: cancellationToken);
        await presence.TrackAsync(node._group, node._channel.Name, node._channel.Name, cancellationToken: cancellationToken);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is { } channel)
        {
            try
            {
                await _presence.UntrackAsync(_group, channel.Name);
            }
            catch (ChannelLayerUnavailableException)
            {
                // The lease ends by itself.
            }

            await channel.DisposeAsync();
        }
    }

    /// <summary>The clients of the other servers.</summary>
    /// <exception cref="RequestException">One does not answer.</exception>
    public async Task<IReadOnlyList<MessageMap>> FetchAsync(RoomTarget target)
    {
        var answers = await AskOthersAsync(new ChannelMessage(FetchType, ToMap(target)), FetchTimeout);
        return [.. answers.SelectMany(answer => Maps(answer.Fields, "sockets"))];
    }

    /// <summary>The acknowledgements of the other servers' clients, server by server.</summary>
    public async Task<GatheredAnswers[]> AskAsync(RoomTarget target, SocketIOEmit emit, TimeSpan timeout)
    {
        var fields = ToMap(target);
        fields["timeout"] = (long)timeout.TotalMilliseconds;
        fields["compress"] = emit.IsCompressible;
        RoomMessages.Write(fields, emit.Arguments);
        var request = new ChannelMessage(AskType, fields);
        return await Task.WhenAll((await ListOthersAsync()).Select(other => AskAsync(other, request, timeout + Grace)));
    }

    /// <summary>Describes the clients of the other servers to administrators, each server's as an array in UTF-8.</summary>
    /// <param name="most">How many of each server at most.</param>
    /// <exception cref="RequestException">One does not answer.</exception>
    public async Task<IReadOnlyList<byte[]>> DescribeAsync(int most)
    {
        var answers = await AskOthersAsync(new ChannelMessage(DescribeType, new MessageMap { ["most"] = (long)most }), FetchTimeout);
        return [.. answers.Select(answer => answer.Fields["sockets"].GetBytes().ToArray())];
    }

    private async Task<ChannelMessage[]> AskOthersAsync(ChannelMessage request, TimeSpan timeout) =>
        await Task.WhenAll((await ListOthersAsync()).Select(other => _requests.RequestAsync(other, request, timeout)));

    private async Task<GatheredAnswers> AskAsync(string other, ChannelMessage request, TimeSpan timeout)
    {
        try
        {
            var fields = (await _requests.RequestAsync(other, request, timeout)).Fields;
            return new([.. Maps(fields, "answers").Select(map => RoomMessages.ReadValues(map, _runtime.Codec)).OfType<SocketIOArguments>()], (int)fields["missing"].GetInt64());
        }
        catch (Exception error) when (error is RequestException or ChannelFullException or ChannelLayerUnavailableException)
        {
            return new([], 0, error); // what the clients of the others have answered counts all the same
        }
    }

    private async Task<List<string>> ListOthersAsync()
    {
        var others = new List<string>();
        PresencePage page;
        string? last = null;
        do
        {
            page = await _presence.ListAsync(_group, last);
            others.AddRange(page.Entries.Select(entry => entry.Key).Where(key => key != _channel?.Name));
            last = page.HasMore ? page.Entries[^1].Key : null;
        }
        while (page.HasMore);

        return others;
    }

    private async ValueTask<ChannelMessage?> AnswerAsync(ChannelMessage request, CancellationToken cancellationToken)
    {
        var fields = request.Fields;
        if (request.Type == DescribeType)
        {
            return new ChannelMessage(DescribeType, new MessageMap { ["sockets"] = SocketDescription.OfAll(_runtime, (int)fields["most"].GetInt64()) });
        }

        var target = new RoomTarget(fields["nsp"].GetText()) { Rooms = RoomMessages.ReadNames(fields, "rooms"), Except = RoomMessages.ReadNames(fields, "except") };
        switch (request.Type)
        {
            case FetchType:
                return new ChannelMessage(FetchType, new MessageMap { ["sockets"] = MessageValue.FromList(target.In(_runtime.Sockets).Select(socket => (MessageValue)LocalAnswers.Describe(socket))) });
            case AskType when RoomMessages.ReadEvent(fields, _runtime.Codec, out var name) is { } arguments:
                var emit = new SocketIOEmit(target.Space, name, arguments) { IsCompressible = fields["compress"].GetBoolean() };
                var (answers, missing, _) = await LocalAnswers.AskAsync(_runtime, target, emit, TimeSpan.FromMilliseconds(fields["timeout"].GetInt64()));
                return new ChannelMessage(AskType, new MessageMap { ["missing"] = missing, ["answers"] = MessageValue.FromList(answers.Select(answer => (MessageValue)RoomMessages.Write([], answer))) });
            default:
                throw new NotSupportedException($"A server of Socket.IO does not know '{request.Type}'.");
        }
    }

    private static IEnumerable<MessageMap> Maps(MessageMap fields, string entry) => fields[entry].GetList().Select(value => value.GetMap());

    private static MessageMap ToMap(RoomTarget target) => new()
    {
        ["nsp"] = target.Space,
        ["rooms"] = RoomMessages.ToList(target.Rooms),
        ["except"] = RoomMessages.ToList(target.Sender is { } sender ? [.. target.Except, sender.Id] : target.Except),
    };
}
