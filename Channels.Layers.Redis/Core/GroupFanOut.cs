namespace Channels.Layers.Redis;

/// <summary>Sends group messages: one copy per inbox, whatever the number of its channels that are members; one script per host and some hundred inboxes.</summary>
internal sealed class GroupFanOut(RedisLayerParts parts, CoreHost[] hosts, ScoreGenerator scores)
{
    private const int InboxesPerScript = 500;

    /// <exception cref="ChannelLayerUnavailableException">A host is away, too slow, or refused; members on other hosts have their message.</exception>
    public async ValueTask SendAsync(string group, ChannelMessage message, CancellationToken cancellationToken)
    {
        var now = UnixTime.Seconds(parts.Time);
        var answer = await CoreScripts.Members.RunAsync(
            hosts[ShardRing.IndexOf(group, hosts.Length)].Link, [parts.Names.GroupKey(group)], [UnixTime.PurgeBound(now, parts.Options.GroupExpiry)], 100, cancellationToken);
        parts.Metrics.LayerSent(parts.Alias, "group_send");
        string[] members = ((string?[]?)answer)!; // the script always gives a list of names
        if (message.Except.Count > 0)
        {
            members = [.. members.Except(message.Except, StringComparer.Ordinal)];
        }

        if (members.Length > 0)
        {
            var full = await WriteAsync(message, GroupByInbox(members), cancellationToken);
            if (full > 0)
            {
                parts.Drops.Full(group, full, members.Length);
            }
        }
    }

    private static Dictionary<string, List<MessageValue>> GroupByInbox(string[] members)
    {
        var inboxes = new Dictionary<string, List<MessageValue>>(StringComparer.Ordinal);
        foreach (var member in members)
        {
            var keyPart = ChannelNames.NonLocalPart(member);
            if (!inboxes.TryGetValue(keyPart, out var names))
            {
                inboxes[keyPart] = names = new(1);
            }

            names.Add(member);
        }

        return inboxes;
    }

    /// <summary>Gives how many inboxes were full.</summary>
    private async Task<int> WriteAsync(ChannelMessage message, Dictionary<string, List<MessageValue>> inboxes, CancellationToken cancellationToken)
    {
        var byHost = new FanOutBatch?[hosts.Length];
        var score = scores.Next();
        var full = 0;
        foreach (var (keyPart, names) in inboxes)
        {
            var index = ShardRing.IndexOf(keyPart, hosts.Length);
            var member = parts.Codec.Encode(message, names.ToArray());
            if (byHost[index] is { } filled && (filled.Count == InboxesPerScript || filled.Bytes + member.Length > parts.Options.MaxMessageBytes))
            {
                full += await filled.SendAsync(hosts[index].Link, cancellationToken); // one after another: a large group must not fill what may be pending
                byHost[index] = null;
            }

            (byHost[index] ??= new(parts.Options, score)).Add(parts.Names.InboxKey(keyPart), member, parts.Capacities.For(names[0].GetText()));
        }

        var rest = byHost.Select((batch, index) => batch?.SendAsync(hosts[index].Link, cancellationToken) ?? Task.FromResult(0));
        return full + (await Task.WhenAll(rest)).Sum();
    }
}
