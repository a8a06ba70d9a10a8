using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Publishes messages to groups: writes them into the history and into the members' inboxes, in one script wherever one can do
/// both. On several hosts, or where it is too much for one script, the history comes first, and who follows it gets from there what
/// a process that dies in between has not sent.
/// </summary>
internal sealed class GroupPublisher(RedisLayerParts parts, int hosts, ScoreGenerator scores, GroupMembers groups, GroupFanOut fanOut)
{
    // Some milliseconds of a server's time.
    private const int MostMembersMade = 2_000;

    // How often the members may change between being asked for and being written to.
    private const int MostAttempts = 5;

    private readonly RedisScript _script = PublishScripts.For(LuaOf(parts));
    private readonly bool _makes = LuaOf(parts) is not null;

    /// <summary>Writes a message into the group's history and sends it.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host of the history is away, too slow, or refused.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public async ValueTask<HistoryPosition> PublishAsync(HistoryDraft draft, HistoryWriter history, CancellationToken cancellationToken)
    {
        var (group, score) = (draft.Group, scores.Next());
        if (hosts > 1)
        {
            return await AppendAndSendAsync(draft, history, score, cancellationToken);
        }

        var (entry, bytes) = history.Arguments(draft);
        var copy = _makes ? parts.Codec.Encode(draft.Message, draft.Mark, draft.Entry) : [];
        var (known, view) = (fanOut.ViewOf(group), (GroupView?)null);
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            view ??= known ?? (_makes ? null : fanOut.ToView(await groups.ReadAsync(group, cancellationToken)));
            if ((view is null ? new FanOutBatch(parts, score) : fanOut.ToBatch(draft.Message, draft.Entry, view, score)) is not { } batch)
            {
                break;
            }

            RedisValue[] arguments = [groups.NewestExpired, view?.Digest ?? "", .. entry, .. _makes ? MakingOf(draft, copy) : []];
            var answer = await batch.RunAsync(_script, LinkOf(group), [parts.Names.GroupKey(group), .. history.Keys(group)], arguments, bytes + copy.Length, cancellationToken);
            if (answer.Length == 2)
            {
                view = fanOut.ToView((string[])answer[1]!);
                continue;
            }

            var isNew = answer.Length == 4;
            view = isNew ? fanOut.ToView((string[])answer[3]!) : view!; // which the script compared with
            if (view != known)
            {
                fanOut.Learn(group, view);
            }

            fanOut.Note(group, view, isNew ? Array.ConvertAll((int[])answer[2]!, place => view.Inboxes[place - 1]) : batch.InboxesAt(answer[2]));
            return HistoryWriter.Position(answer);
        }

        return await AppendAndSendAsync(draft, history, score, cancellationToken);
    }

    // What the server needs to make copies itself. It knows nothing of a layer's capacities but one number for all.
    private static string? LuaOf(RedisLayerParts parts) => parts.Options.ChannelCapacity.Count == 0 ? parts.Codec.Lua : null;

    private RedisValue[] MakingOf(HistoryDraft draft, byte[] copy) =>
    [
        copy, parts.Options.Capacity, parts.Options.Prefix, MostMembersMade, GroupFanOut.InboxesPerScript, parts.Options.MaxMessageBytes,
        .. draft.Message.Except.Select(channel => (RedisValue)channel),
    ];

    private async ValueTask<HistoryPosition> AppendAndSendAsync(HistoryDraft draft, HistoryWriter history, double score, CancellationToken cancellationToken)
    {
        var group = draft.Group;
        var position = await history.WriteAsync(LinkOf(group), draft, channel: "", cancellationToken);
        try
        {
            var members = await groups.ReadAsync(group, CancellationToken.None);
            await fanOut.SendToAsync(group, members, draft.Message, WirePosition.Of(position, group), score, CancellationToken.None);
        }
        catch (ChannelLayerUnavailableException e)
        {
            parts.Drops.Unconfirmed(e.Message); // it is in the history, so it was published: whoever follows that gets it
        }

        return position;
    }

    private RedisLink LinkOf(string group) => groups.HostOf(group).Link;
}
