using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Group messages and the end of channels.</summary>
public sealed partial class RedisCoreLayer
{
    private const int InboxesPerScript = 500;

    /// <inheritdoc/>
    /// <exception cref="ChannelLayerUnavailableException">A host is away, too slow, or refused; members on other hosts have their message.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public async ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(message);
        var now = UnixTime.Seconds(_settings.Link.Time);
        var answer = await CoreScripts.Members.RunAsync(
            HostOf(group).Link, [_settings.Names.GroupKey(group)], [UnixTime.PurgeBound(now, _settings.Options.GroupExpiry)], 100, cancellationToken);
        _metrics.LayerSent(Alias, "group_send");
        string[] members = ((string?[]?)answer)!; // the script always gives a list of names
        if (members.Length > 0)
        {
            var full = await FanOutAsync(message, members, cancellationToken);
            if (full > 0)
            {
                _settings.Drops.Full(group, full, members.Length);
            }
        }
    }

    /// <summary>One copy per inbox, whatever the number of its channels that are members (R-CORE-53); gives how many inboxes were full.</summary>
    private async Task<int> FanOutAsync(ChannelMessage message, string[] members, CancellationToken cancellationToken)
    {
        var byKeyPart = new Dictionary<string, List<MessageValue>>(StringComparer.Ordinal);
        foreach (var member in members)
        {
            var keyPart = ChannelNames.NonLocalPart(member);
            if (!byKeyPart.TryGetValue(keyPart, out var names))
            {
                byKeyPart[keyPart] = names = new(1);
            }

            names.Add(member);
        }

        var byHost = new FanOutBatch?[_hosts.Length];
        var score = _scores.Next();
        var full = 0;
        foreach (var (keyPart, names) in byKeyPart)
        {
            var index = ShardRing.IndexOf(keyPart, _hosts.Length);
            var member = _settings.Codec.Encode(message, names.ToArray());
            if (byHost[index] is { } filled && (filled.Count == InboxesPerScript || filled.Bytes + member.Length > _settings.Options.MaxMessageBytes))
            {
                full += await filled.SendAsync(_hosts[index].Link, cancellationToken); // one after another: a large group must not fill what may be pending
                byHost[index] = null;
            }

            (byHost[index] ??= new(_settings.Options, score)).Add(_settings.Names.InboxKey(keyPart), member, _capacities.For(names[0].GetText()));
        }

        var rest = byHost.Select((batch, index) => batch?.SendAsync(_hosts[index].Link, cancellationToken) ?? Task.FromResult(0));
        return full + (await Task.WhenAll(rest)).Sum();
    }

    // Leaves the groups the channel is still in; consumers have left theirs before.
    private async ValueTask CloseAsync(ChannelInbox inbox)
    {
        var groups = _local.GroupsOf(inbox.Name);
        _local.Close(inbox.Name);
        await Task.WhenAll(groups.Select(group => HostOf(group).LeaveAsync(group, inbox.Name, CancellationToken.None).AsTask())); // pipelined: a slow Redis is waited for once
    }

    /// <summary>Ends the layer: pops end without losing what they took, own inboxes and memberships leave Redis (R-NEW-05).</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await Task.WhenAll(_readers.Select(reader => reader.Link.DisposeAsync().AsTask()));
        var keys = _demand.InboxParts.Select(part => (RedisKey)_settings.Names.InboxKey(part)).Append(_settings.Names.ProcessKey(_settings.ProcessId)).ToArray();
        await Task.WhenAll(_hosts.Select(host => host.EndAsync(keys)));
        await Task.WhenAll(_hosts.Select(host => host.Link.DisposeAsync().AsTask()));
    }
}
