using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Sends group messages: one copy per inbox, whatever the number of its channels that are members. A group whose members
/// have not changed since the last send costs one script, any other one that reads the members and one per host and some
/// hundred inboxes.
/// </summary>
internal sealed class GroupFanOut(RedisLayerParts parts, CoreHost[] hosts, ScoreGenerator scores)
{
    private const int InboxesPerScript = 500;
    private const int PageSize = 500;
    private readonly GroupViews _views = new();
    private readonly DeadMembers _dead = new(parts, hosts);

    /// <exception cref="ChannelLayerUnavailableException">A host is away, too slow, or refused; members on other hosts have their message.</exception>
    public async ValueTask SendAsync(string group, ChannelMessage message, string? position, CancellationToken cancellationToken)
    {
        var score = scores.Next();
        var (full, members) = _views.TryGet(group, out var view) && ToBatch(message, position, view, score) is { } batch
            ? await batch.SendIfMembersAsync(LinkOf(group), parts.Names.GroupKey(group), OldestMembership, view.Digest, cancellationToken)
            : ([], await MembersAsync(group, cancellationToken));
        parts.Metrics.LayerSent(parts.Alias, "group_send");
        await FinishAsync(group, message, position, view, members, full, score, cancellationToken);
    }

    /// <summary>Writes a message into the group's history and sends it: in one script where sending takes one, else in the one after the other.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host of the history is away, too slow, or refused.</exception>
    public async ValueTask<HistoryPosition> PublishAsync(HistoryDraft draft, HistoryWriter history, CancellationToken cancellationToken)
    {
        var (group, message) = (draft.Group, draft.Message);
        var score = scores.Next();
        HistoryPosition position;
        GroupView.Inbox[] full = [];
        string[]? members = null;
        var isKnown = false;
        if (_views.TryGet(group, out var view) && ToBatch(message, draft.Entry, view, score) is { } batch)
        {
            var (arguments, bytes) = history.Arguments(draft);
            (position, full, members) = await batch.PublishIfMembersAsync(
                LinkOf(group), parts.Names.GroupKey(group), OldestMembership, view.Digest, (history.Keys(group), arguments, bytes), cancellationToken);
            isKnown = true;
        }
        else
        {
            position = await history.WriteAsync(LinkOf(group), draft, channel: "", cancellationToken);
        }

        try
        {
            members ??= isKnown ? null : await MembersAsync(group, CancellationToken.None);
            await FinishAsync(group, message, WirePosition.Of(position, group), view, members, full, score, CancellationToken.None);
        }
        catch (ChannelLayerUnavailableException e)
        {
            parts.Drops.Unconfirmed(e.Message); // it is in the history, so it was published: whoever follows that gets it
        }

        return position;
    }

    // Sends to members that were not known, keeps them for the next time, and notes who was not reached.
    private async ValueTask FinishAsync(
        string group, ChannelMessage message, string? position, GroupView? view, string[]? members, GroupView.Inbox[] full, double score, CancellationToken cancellationToken)
    {
        if (members is not null)
        {
            view = new(members, parts, hosts.Length);
            var writing = WriteAsync(message, position, view, score, cancellationToken);
            if (IsOneScript(view))
            {
                _views.Keep(group, view); // after the message is on its way: no later one may overtake it
            }

            if (view.Strange > 0)
            {
                parts.Drops.Undecodable(parts.Names.GroupKey(group), 0, $"{view.Strange} of its members are no names of channels");
            }

            full = await writing;
        }

        if (!view!.HasOwn) // either it was there and has the message, or it is made of the members
        {
            HostOf(group).NoteNoneFound(group);
        }

        if (full.Length > 0)
        {
            _dead.Note(group, full, view.Members.Length);
        }
    }

    /// <summary>How many members the group has.</summary>
    public ValueTask<long> CountAsync(string group, CancellationToken cancellationToken) => LinkOf(group).RunAsync(
        static (database, call) => database.SortedSetLengthAsync(call.Key, call.Oldest, exclude: Exclude.Start), (Key: (RedisKey)parts.Names.GroupKey(group), Oldest: OldestMembership), bytes: 100, cancellationToken);

    /// <summary>Its members, page by page in the order of their joining.</summary>
    public async IAsyncEnumerable<string> ListAsync(string group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (member, score) = (RedisValue.EmptyString, RedisValue.EmptyString);
        while (true)
        {
            var page = ((RedisValue[]?)await CoreScripts.MemberPage.RunAsync(
                LinkOf(group), [parts.Names.GroupKey(group)], [OldestMembership, member, score, PageSize], bytes: 200, cancellationToken))!; // always a list
            for (var i = 0; i < page.Length; i += 2)
            {
                if (ChannelNames.IsChannel(page[i]))
                {
                    yield return page[i]!; // it is a name
                }
            }

            if (page.Length < 2 * PageSize)
            {
                yield break;
            }

            (member, score) = (page[^2], page[^1]);
        }
    }

    private double OldestMembership => UnixTime.PurgeBound(UnixTime.Seconds(parts.Time), parts.Options.GroupExpiry);

    private async ValueTask<string[]> MembersAsync(string group, CancellationToken cancellationToken) =>
        ((string[]?)await CoreScripts.Members.RunAsync(LinkOf(group), [parts.Names.GroupKey(group)], [OldestMembership], 100, cancellationToken))!; // always a list of names

    private CoreHost HostOf(string group) => hosts[ShardRing.IndexOf(group, hosts.Length)];

    private RedisLink LinkOf(string group) => HostOf(group).Link;

    // One script reaches one host; it would keep a server busy that has many inboxes to write.
    private bool IsOneScript(GroupView view) => hosts.Length == 1 && view.Inboxes.Length <= InboxesPerScript;

    /// <summary>All copies in one batch; null when they are too many bytes for one script.</summary>
    private FanOutBatch? ToBatch(ChannelMessage message, string? position, GroupView view, double score)
    {
        var batch = new FanOutBatch(parts.Options, score);
        foreach (var inbox in view.Inboxes)
        {
            if (Encode(message, position, inbox) is { } copy && !batch.TryAdd(inbox, copy))
            {
                return null;
            }
        }

        return batch;
    }

    /// <summary>Gives the inboxes that were full.</summary>
    private async Task<GroupView.Inbox[]> WriteAsync(ChannelMessage message, string? position, GroupView view, double score, CancellationToken cancellationToken)
    {
        var byHost = new FanOutBatch?[hosts.Length];
        List<GroupView.Inbox> full = [];
        foreach (var inbox in view.Inboxes)
        {
            if (Encode(message, position, inbox) is not { } copy)
            {
                continue;
            }

            if (byHost[inbox.Host] is { } filled && (filled.Count == InboxesPerScript || !filled.TryAdd(inbox, copy)))
            {
                full.AddRange(await filled.SendAsync(hosts[inbox.Host].Link, cancellationToken)); // one after another: a large group must not fill what may be pending
                byHost[inbox.Host] = null;
            }

            if (byHost[inbox.Host] is null)
            {
                (byHost[inbox.Host] = new(parts.Options, score)).TryAdd(inbox, copy);
            }
        }

        var rest = byHost.Select((batch, index) => batch?.SendAsync(hosts[index].Link, cancellationToken) ?? Task.FromResult<GroupView.Inbox[]>([]));
        return [.. full, .. (await Task.WhenAll(rest)).SelectMany(some => some)];
    }

    // Null when all of the inbox's members are to skip the message.
    private byte[]? Encode(ChannelMessage message, string? position, in GroupView.Inbox inbox)
    {
        if (message.Except.Count == 0)
        {
            return parts.Codec.Encode(message, inbox.Names, position);
        }

        MessageValue[] names = [.. inbox.Names.GetList().Where(name => !message.Except.Contains(name.GetText(), StringComparer.Ordinal))];
        return names.Length == 0 ? null : parts.Codec.Encode(message, names, position);
    }
}
