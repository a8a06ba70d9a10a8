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

    // Servers know nothing of a layer's capacities but one number for all.
    private readonly RedisScript? _making = hosts == 1 && parts.Options.ChannelCapacity.Count == 0 && parts.Codec.Lua is { } lua ? PublishScripts.PublishMaking(lua) : null;

    /// <summary>Writes a message into the group's history and sends it.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host of the history is away, too slow, or refused.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public async ValueTask<HistoryPosition> PublishAsync(HistoryDraft draft, HistoryWriter history, CancellationToken cancellationToken)
    {
        var (group, score) = (draft.Group, scores.Next());
        var view = fanOut.ViewOf(group);
        if (_making is not null && view is not { Members.Length: > MostMembersMade })
        {
            var (position, members) = await PublishMakingAsync(_making, draft, history, view, score, cancellationToken);
            if (position is { } written)
            {
                return written;
            }

            view = fanOut.ToView(members!); // too many
        }

        for (var attempt = 0; hosts == 1 && attempt < MostAttempts; attempt++)
        {
            view ??= fanOut.ToView(await groups.ReadAsync(group, cancellationToken));
            if (fanOut.ToBatch(draft.Message, draft.Entry, view, score) is not { } batch)
            {
                break;
            }

            var (position, full, members) = await batch.PublishIfMembersAsync(LinkOf(group), parts.Names.GroupKey(group), groups.NewestExpired, view.Digest, Ask(draft, history), cancellationToken);
            if (members is null)
            {
                Settle(group, view, full);
                return position;
            }

            view = fanOut.ToView(members);
        }

        return await AppendAndSendAsync(draft, history, score, cancellationToken);
    }

    // Null, and the members, when they are too many.
    private async ValueTask<(HistoryPosition? Position, string[]? Members)> PublishMakingAsync(
        RedisScript script, HistoryDraft draft, HistoryWriter history, GroupView? view, double score, CancellationToken cancellationToken)
    {
        var options = parts.Options;
        var copy = parts.Codec.Encode(draft.Message, draft.Mark, draft.Entry);
        var (keys, arguments, bytes) = Ask(draft, history);
        RedisValue[] all =
        [
            UnixTime.PurgeBound(score, options.Expiry), ScoreText.Of(score), (long)options.Expiry.TotalSeconds, options.Capacity,
            groups.NewestExpired, view?.Digest ?? "", options.Prefix, copy, MostMembersMade, GroupFanOut.InboxesPerScript, options.MaxMessageBytes,
            .. arguments, .. draft.Message.Except.Select(channel => (RedisValue)channel),
        ];
        var answer = (RedisResult[])(await script.RunAsync(LinkOf(draft.Group), [parts.Names.GroupKey(draft.Group), .. keys], all, copy.Length + bytes, cancellationToken))!; // always a list
        if (answer.Length == 2)
        {
            return (null, (string[])answer[1]!);
        }

        view = answer.Length == 4 ? fanOut.ToView((string[])answer[3]!) : view!; // which the script compared with
        Settle(draft.Group, view, Array.ConvertAll((int[])answer[2]!, place => view.Inboxes[place - 1]));
        return (HistoryWriter.Position(answer), null);
    }

    private void Settle(string group, GroupView view, GroupView.Inbox[] full)
    {
        if (view != fanOut.ViewOf(group))
        {
            fanOut.Learn(group, view);
        }

        fanOut.Note(group, view, full);
    }

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

    private static (RedisKey[] Keys, RedisValue[] Arguments, int Bytes) Ask(HistoryDraft draft, HistoryWriter history)
    {
        var (arguments, bytes) = history.Arguments(draft);
        return (history.Keys(draft.Group), arguments, bytes);
    }

    private RedisLink LinkOf(string group) => groups.HostOf(group).Link;
}
