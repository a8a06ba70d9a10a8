namespace Channels.SocketIO;

/// <summary>Reads in the histories of namespaces what clients have missed. Thread-safe.</summary>
/// <param name="history">The histories.</param>
/// <param name="codec">How packets are read.</param>
internal sealed class MissedEvents(IGroupHistory history, PacketCodec codec)
{
    private const int PageSize = 100;

    /// <summary>Adds the events behind a position that the members of rooms are meant to have.</summary>
    /// <param name="log">The namespace's log.</param>
    /// <param name="rooms">The rooms.</param>
    /// <param name="after">The position.</param>
    /// <param name="upTo">The last event of interest; null for all.</param>
    /// <param name="events">What they are added to.</param>
    /// <returns>The last position; null when some are gone.</returns>
    /// <exception cref="ChannelLayerUnavailableException">The history cannot be read now.</exception>
    public async Task<HistoryPosition?> ReadAsync(EventLog log, RoomSet rooms, HistoryPosition after, HistoryPosition? upTo, List<SocketIOEmit> events)
    {
        while (upTo is not { } end || (after.Epoch == end.Epoch && after.Offset < end.Offset))
        {
            var page = await history.ReadAsync(log.Group, after, PageSize);
            if (page.Gone)
            {
                return null;
            }

            foreach (var message in page.Messages)
            {
                after = message.Position!.Value; // a history's messages have one
                if (after.Offset > upTo?.Offset)
                {
                    return after;
                }

                if (IsMeant(message, rooms) && RoomMessages.ToEmit(message, codec, after.ToString()) is { } emit && emit.Filter?.Drops(rooms) != true)
                {
                    events.Add(emit);
                }
            }

            if (!page.HasMore)
            {
                break;
            }
        }

        return upTo is null || upTo.Value.Epoch == after.Epoch ? after : null;
    }

    private static bool IsMeant(ChannelMessage message, RoomSet rooms) =>
        RoomMessages.ReadNames(message.Fields, "rooms") is var names && (names.Count == 0 || names.Any(rooms.Contains));
}
