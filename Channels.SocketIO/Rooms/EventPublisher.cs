namespace Channels.SocketIO;

/// <summary>
/// Emits events by way of their namespace's history, where clients can come back: all servers read them there, in one order, and hand
/// them to those of their clients that are meant.
/// </summary>
/// <param name="layer">Finds the layer; throws when there is none.</param>
/// <param name="history">Finds the history of its groups.</param>
/// <param name="prefix">What the names of groups begin with.</param>
internal sealed class EventPublisher(Func<IChannelLayer> layer, Func<IGroupHistory> history, string prefix)
{
    /// <summary>Emits an event.</summary>
    /// <returns>Where it stands; null for a volatile one, which is not written down.</returns>
    /// <exception cref="ChannelLayerUnavailableException">The layer is away.</exception>
    public async ValueTask<HistoryPosition?> PublishAsync(RoomTarget target, SocketIOEmit emit)
    {
        var fields = RoomMessages.ToMap(emit);
        AddNames(fields, "rooms", target.Rooms);
        AddNames(fields, "except", target.Sender is { } sender ? [.. target.Except, sender.Id] : target.Except); // an id is a room
        var group = SocketIOGroups.OfEvents(target.Space, prefix);
        var message = new ChannelMessage(RoomMessages.EmitType, fields);
        if (emit.IsVolatile)
        {
            await layer().GroupSendAsync(group, message);
            return null;
        }

        return await history().PublishAsync(group, message);
    }

    private static void AddNames(MessageMap fields, string entry, IReadOnlyList<string> names)
    {
        if (names.Count > 0)
        {
            fields[entry] = RoomMessages.ToList(names);
        }
    }
}
