namespace Channels.SocketIO;

/// <summary>Which clients are meant. Immutable.</summary>
/// <param name="Space">The namespace.</param>
internal sealed record RoomTarget(string Space)
{
    /// <summary>The rooms whose members are meant, each once; empty for the whole namespace.</summary>
    public IReadOnlyList<string> Rooms { get; init; } = [];

    /// <summary>The rooms whose members are not.</summary>
    public IReadOnlyList<string> Except { get; init; } = [];

    /// <summary>The client that is not meant, because it speaks; null for none.</summary>
    public NamespaceConnection? Sender { get; init; }

    public RoomTarget To(IEnumerable<string> rooms) => this with { Rooms = [.. Rooms.Union(rooms, StringComparer.Ordinal)] };

    public RoomTarget Without(IEnumerable<string> rooms) => this with { Except = [.. Except.Union(rooms, StringComparer.Ordinal)] };

    /// <summary>Those in this process.</summary>
    public IEnumerable<NamespaceConnection> In(LocalSockets sockets) => sockets.In(Space).Where(Includes);

    public bool Includes(NamespaceConnection socket) => socket != Sender && !Except.Any(socket.Rooms.Contains) && (Rooms.Count == 0 || Rooms.Any(socket.Rooms.Contains));

    /// <summary>Sends a message to all of them, whatever their process.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="prefix">What the names of groups begin with.</param>
    /// <param name="type">The message's type.</param>
    /// <param name="fields">Its content; made anew for each room, as the rooms before are named in it.</param>
    public async ValueTask SendAsync(IChannelLayer layer, string prefix, string type, Func<MessageMap> fields)
    {
        if (Rooms.Count == 0)
        {
            await layer.GroupSendAsync(SocketIOGroups.OfNamespace(Space, prefix), Message(type, fields(), 0));
        }

        for (var i = 0; i < Rooms.Count; i++)
        {
            await layer.GroupSendAsync(SocketIOGroups.OfRoom(Space, Rooms[i], prefix), Message(type, fields(), i));
        }
    }

    private ChannelMessage Message(string type, MessageMap fields, int room)
    {
        if (Except.Count > 0)
        {
            fields["except"] = RoomMessages.ToList(Except);
        }

        if (room > 0)
        {
            fields["seen"] = RoomMessages.ToList(Rooms.Take(room));
        }

        var message = new ChannelMessage(type, fields);
        return Sender?.Channel is { } channel ? message with { Except = [channel] } : message;
    }
}
