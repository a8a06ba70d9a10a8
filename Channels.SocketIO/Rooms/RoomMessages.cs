namespace Channels.SocketIO;

/// <summary>What travels through the layer to the clients of rooms.</summary>
internal static class RoomMessages
{
    public const string EmitType = SocketIOGroups.EmitType;
    public const string JoinType = "socketio.join";
    public const string LeaveType = "socketio.leave";
    public const string DisconnectType = "socketio.disconnect";
    public const string ReplacedType = "socketio.replaced"; // the client is back by another connection

    /// <summary>The content of a message that emits an event.</summary>
    public static MessageMap ToMap(SocketIOEmit emit)
    {
        var fields = Write(new MessageMap { ["nsp"] = emit.Namespace }, emit.Arguments);
        if (emit.IsVolatile)
        {
            fields["volatile"] = true;
        }

        if (!emit.IsCompressible)
        {
            fields["compress"] = false;
        }

        return fields;
    }

    /// <summary>The event that a message emits; null when it is of another type, or what other code wrote does not say one.</summary>
    /// <param name="message">The message.</param>
    /// <param name="codec">Reads and writes arguments.</param>
    /// <param name="offset">Where the event stands in its namespace's history: clients take it from behind the arguments. Null for nowhere.</param>
    public static SocketIOEmit? ToEmit(ChannelMessage message, PacketCodec codec, string? offset = null)
    {
        if (message.Type != EmitType || !message.Fields.TryGetValue("nsp", out var space) || space.Kind != MessageValueKind.Text)
        {
            return null;
        }

        try
        {
            return ReadArguments(message.Fields, codec, out var name) is not { } arguments ? null : new SocketIOEmit(space.GetText(), name, offset is null ? arguments : arguments.With(offset))
            {
                Filter = ReadFilter(message.Fields),
                IsVolatile = message.Fields.TryGetValue("volatile", out var flag) && flag.Kind == MessageValueKind.Boolean && flag.GetBoolean(),
                IsCompressible = !(message.Fields.TryGetValue("compress", out flag) && flag.Kind == MessageValueKind.Boolean) || flag.GetBoolean(),
            };
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return null; // what other code wrote cannot be sent
        }
    }

    /// <summary>Adds an event or values as they are encoded.</summary>
    public static MessageMap Write(MessageMap fields, SocketIOArguments arguments)
    {
        fields["json"] = arguments.Array.ToArray();
        if (arguments.Attachments.Count > 0)
        {
            fields["bin"] = MessageValue.FromList(arguments.Attachments.Select(bytes => (MessageValue)bytes.ToArray()));
        }

        return fields;
    }

    /// <summary>Reads an event that was added by <see cref="Write"/>; null when there is none.</summary>
    public static SocketIOArguments? ReadEvent(MessageMap fields, PacketCodec codec, out string name)
    {
        name = "";
        return fields.TryGetValue("json", out var json) && json.Kind == MessageValueKind.Bytes ? codec.ReadEvent(json.GetBytes(), ReadAttachments(fields), out name) : null;
    }

    /// <summary>Reads values that were added by <see cref="Write"/>; null when there are none.</summary>
    public static SocketIOArguments? ReadValues(MessageMap fields, PacketCodec codec) =>
        fields.TryGetValue("json", out var json) && json.Kind == MessageValueKind.Bytes ? codec.ReadValues(json.GetBytes(), ReadAttachments(fields)) : null;

    /// <summary>Names in a list; empty when there is none.</summary>
    public static IReadOnlyList<string> ReadNames(MessageMap fields, string entry) =>
        fields.TryGetValue(entry, out var value) && value.Kind == MessageValueKind.List
            ? [.. value.GetList().Where(name => name.Kind == MessageValueKind.Text).Select(name => name.GetText())]
            : [];

    public static MessageValue ToList(IEnumerable<string> names) => MessageValue.FromList(names.Select(name => (MessageValue)name));

    /// <summary>Who does not get a message; null for nobody.</summary>
    public static RoomFilter? ReadFilter(MessageMap fields)
    {
        var (except, seen) = (ReadNames(fields, "except"), ReadNames(fields, "seen"));
        return except.Count + seen.Count > 0 ? new(except, seen) : null;
    }

    // Ours come encoded; others write their arguments as values.
    private static SocketIOArguments? ReadArguments(MessageMap fields, PacketCodec codec, out string name)
    {
        if (fields.ContainsKey("json"))
        {
            return ReadEvent(fields, codec, out name);
        }

        name = "";
        if (!fields.TryGetValue("event", out var text) || text.Kind != MessageValueKind.Text)
        {
            return null;
        }

        name = text.GetText();
        object?[] arguments = fields.TryGetValue("args", out var args) && args.Kind == MessageValueKind.List ? [.. args.GetList().Cast<object?>()] : [];
        return codec.Encode(name, arguments);
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> ReadAttachments(MessageMap fields) => fields.TryGetValue("bin", out var bin) && bin.Kind == MessageValueKind.List
        ? [.. bin.GetList().Where(bytes => bytes.Kind == MessageValueKind.Bytes).Select(bytes => bytes.GetBytes())]
        : [];
}
