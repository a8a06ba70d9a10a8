namespace Channels.Layers.Redis;

/// <summary>
/// Sends group messages: one copy per inbox, whatever the number of its channels that are members. A group whose members
/// have not changed since the last send costs one script, any other one that reads the members and one per host and some
/// hundred inboxes.
/// </summary>
internal sealed class GroupFanOut(RedisLayerParts parts, CoreHost[] hosts, ScoreGenerator scores, GroupMembers groups)
{
    public const int InboxesPerScript = 500;
    private readonly GroupViews _views = new();
    private readonly DeadMembers _dead = new(parts, hosts);

    /// <exception cref="ChannelLayerUnavailableException">A host is away, too slow, or refused; members on other hosts have their message.</exception>
    public async ValueTask SendAsync(string group, ChannelMessage message, string? position, CancellationToken cancellationToken)
    {
        var score = scores.Next();
        var view = ViewOf(group);
        var (full, members) = view is not null && ToBatch(message, position, view, score) is { } batch
            ? await batch.SendIfMembersAsync(groups.HostOf(group).Link, parts.Names.GroupKey(group), groups.NewestExpired, view.Digest, cancellationToken)
            : ([], await groups.ReadAsync(group, cancellationToken));
        parts.Metrics.LayerSent(parts.Alias, "group_send");
        if (members is null)
        {
            Note(group, view!, full); // that was compared with
        }
        else
        {
            await SendToAsync(group, members, message, position, score, cancellationToken);
        }
    }

    /// <summary>Sends to members that were not known, and keeps them for the next time.</summary>
    /// <exception cref="ChannelLayerUnavailableException">A host is away, too slow, or refused; members on other hosts have their message.</exception>
    public async ValueTask SendToAsync(string group, string[] members, ChannelMessage message, string? position, double score, CancellationToken cancellationToken)
    {
        var view = ToView(members);
        var writing = WriteAsync(message, position, view, score, cancellationToken);
        Learn(group, view); // after the message is on its way: no later one may overtake it
        Note(group, view, await writing);
    }

    /// <summary>The group as this process last saw it; null when one script cannot reach it, or it was never seen.</summary>
    public GroupView? ViewOf(string group) => _views.TryGet(group, out var view) ? view : null;

    public GroupView ToView(string[] members) => new(members, parts, hosts.Length);

    /// <summary>Keeps what is new for the next time, if one script can reach it.</summary>
    public void Learn(string group, GroupView view)
    {
        if (hosts.Length == 1 && view.Inboxes.Length <= InboxesPerScript)
        {
            _views.Keep(group, view);
        }

        if (view.Strange > 0)
        {
            parts.Drops.Undecodable(parts.Names.GroupKey(group), 0, $"{view.Strange} of its members are no names of channels");
        }
    }

    /// <summary>Notes who was not reached.</summary>
    public void Note(string group, GroupView view, GroupView.Inbox[] full)
    {
        if (!view.HasOwn)
        {
            groups.HostOf(group).NoteNoneFound(group);
        }

        if (full.Length > 0)
        {
            _dead.Note(group, full, view.Members.Length);
        }
    }

    /// <summary>All copies in one batch; null when they are too many, or too many bytes, for one script: it would keep a server busy.</summary>
    /// <exception cref="MessageTooLargeException">A copy is larger than the limit.</exception>
    public FanOutBatch? ToBatch(ChannelMessage message, string? position, GroupView view, double score)
    {
        if (view.Inboxes.Length > InboxesPerScript)
        {
            return null;
        }

        var batch = new FanOutBatch(parts, score);
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
                (byHost[inbox.Host] = new(parts, score)).TryAdd(inbox, copy);
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
