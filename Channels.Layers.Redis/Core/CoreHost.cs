using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>One host of the core layout: its connection for commands, and the memberships kept alive on it.</summary>
internal sealed partial class CoreHost
{
    private const int ChannelsPerScript = 500;

    // Each command on its way holds a place, and bytes, that senders may need.
    private const int MostScripts = 1000;
    private const int MostChannels = 20_000;
    private const int BytesPerChannel = 100; // roughly
    private static readonly Version OldestVersion = new(5, 0);
    private readonly RedisLayerParts _parts;
    private readonly ScoreGenerator _scores;
    private readonly MembershipKeeper _keeper;

    public CoreHost(RedisLayerParts parts, RedisHostAddress address, ScoreGenerator scores)
    {
        (_parts, _scores) = (parts, scores);
        _keeper = new(parts, this, new(parts.Link, address.Display));
        Link = new(parts.Link, address, RedisLinkRole.Commands, KeepAsync, Expect);
    }

    public RedisLink Link { get; }

    public MembershipTable Memberships { get; } = new();

    private void Expect(ClientConnection connection)
    {
        ThrowIfUnusable(connection);
        _keeper.Expect();
    }

    private Task KeepAsync(ClientConnection connection, CancellationToken cancellationToken)
    {
        _parts.NoteBack();
        return _keeper.RunAsync(connection, cancellationToken);
    }

    /// <summary>Makes an own channel a member; while the host is away it is only noted, and written when the host is back.</summary>
    public ValueTask JoinAsync(string group, string channel, CancellationToken cancellationToken) =>
        ChangeAsync(group, channel, MembershipState.Joining, () => JoinAsync(CoreScripts.Join, group, [channel], cancellationToken), cancellationToken);

    /// <summary>Ends the membership of an own channel; while the host is away it is only noted.</summary>
    public ValueTask LeaveAsync(string group, string channel, CancellationToken cancellationToken) =>
        ChangeAsync(group, channel, MembershipState.Leaving, () => RemoveAsync(group, [channel], cancellationToken), cancellationToken);

    /// <summary>A group message found no member of this process.</summary>
    public void NoteNoneFound(string group)
    {
        if (Memberships.Wants(group))
        {
            _keeper.Suspect();
        }
    }

    /// <summary>
    /// Runs a command for all memberships in a state, in pieces of one group each, many under way at a time: over a link of
    /// some milliseconds thousands of groups must not take a round trip each.
    /// </summary>
    /// <returns>Whether all commands gave true.</returns>
    public Task<bool> ForEachAsync(MembershipState state, Func<string, string[], Task<bool>> command) => ForEachAsync(Memberships.Where(state), command);

    /// <summary>Writes memberships of any channels.</summary>
    public async ValueTask JoinAsync(RedisScript script, string group, string[] channels, CancellationToken cancellationToken)
    {
        foreach (var chunk in channels.Chunk(ChannelsPerScript))
        {
            RedisValue[] arguments = [ScoreText.Of(_scores.Next()), (long)_parts.Options.GroupExpiry.TotalSeconds, .. chunk.Select(channel => (RedisValue)channel)];
            await script.RunAsync(Link, [_parts.Names.GroupKey(group)], arguments, BytesPerChannel * chunk.Length, cancellationToken);
        }
    }

    /// <summary>Removes memberships of any channels.</summary>
    public async ValueTask RemoveAsync(string group, string[] channels, CancellationToken cancellationToken)
    {
        foreach (var chunk in channels.Chunk(ChannelsPerScript))
        {
            await Link.RunAsync(
                static (database, call) => database.SortedSetRemoveAsync(call.Key, call.Members),
                (Key: (RedisKey)_parts.Names.GroupKey(group), Members: Array.ConvertAll(chunk, channel => (RedisValue)channel)), BytesPerChannel * chunk.Length, cancellationToken);
        }
    }

    /// <summary>Removes memberships of another process' channels unless the process lives, as far as this host knows.</summary>
    /// <returns>Whether it is dead.</returns>
    public async ValueTask<bool> RemoveIfDeadAsync(string group, string process, string[] channels)
    {
        RedisKey[] keys = [_parts.Names.GroupKey(group), _parts.Names.ProcessKey(process)];
        foreach (var chunk in channels.Chunk(ChannelsPerScript))
        {
            RedisValue[] arguments = [.. chunk.Select(channel => (RedisValue)channel)];
            if ((int)await CoreScripts.RemoveIfDead.RunAsync(Link, keys, arguments, BytesPerChannel * chunk.Length, CancellationToken.None) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Last words: this process' memberships, inboxes and keys leave the host, as far as it answers.</summary>
    public async Task EndAsync(RedisKey[] keys)
    {
        await _keeper.EndAsync();
        if (Link.Current is null)
        {
            return;
        }

        try
        {
            // Those that are about to be written may stand there already: they are written again whenever it is not known.
            await ForEachAsync(Memberships.Where(MembershipState.Joined, MembershipState.Joining), async (group, channels) =>
            {
                await RemoveAsync(group, channels, CancellationToken.None);
                return true;
            });
            await Link.RunAsync(static (database, call) => database.KeyDeleteAsync(call), keys, 0, CancellationToken.None);
        }
        catch (ChannelLayerUnavailableException e)
        {
            Log.NotLeft(_parts.Logger, _parts.Alias, e.Message);
        }
    }

    private async ValueTask ChangeAsync(string group, string channel, MembershipState wanted, Func<ValueTask> send, CancellationToken cancellationToken)
    {
        await Link.TryAsync(cancellationToken); // from then on a command is sent at once, or fails
        await _keeper.Looked.WaitAsync(cancellationToken);
        try
        {
            await Memberships.Set(group, channel, wanted, send);
            Memberships.Settle(group, channel, wanted);
        }
        catch (ChannelLayerUnavailableException e)
        {
            Log.Postponed(_parts.Logger, _parts.Alias, e.Message);
        }
    }

    private async Task<bool> ForEachAsync(List<KeyValuePair<string, string[]>> memberships, Func<string, string[], Task<bool>> command)
    {
        var most = Math.Clamp(_parts.Options.MaxPendingCommands / 2, 1, MostScripts);
        var mostChannels = (int)Math.Clamp(_parts.Options.MaxPendingBytes / 2 / BytesPerChannel, 1, MostChannels);
        var (all, channels) = (true, 0);
        List<Task<bool>> together = [];
        foreach (var (group, members) in memberships)
        {
            foreach (var piece in members.Chunk(Math.Min(ChannelsPerScript, mostChannels)))
            {
                if (together.Count == most || channels + piece.Length > mostChannels)
                {
                    all &= !(await Task.WhenAll(together)).Contains(false);
                    together.Clear();
                    channels = 0;
                }

                together.Add(command(group, piece));
                channels += piece.Length;
            }
        }

        return all & !(await Task.WhenAll(together)).Contains(false);
    }

    private static void ThrowIfUnusable(ClientConnection connection)
    {
        if (connection.IsCluster)
        {
            throw new RedisRefusedException("it is a Redis Cluster, where one script cannot reach the inboxes of several processes. Use AddRedisPubSubLayer for a cluster, or a server that is none.");
        }

        if (connection.Version < OldestVersion)
        {
            throw new RedisRefusedException($"its version is {connection.Version}; {OldestVersion} or later is needed for BZPOPMIN.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5014, LogLevel.Information, "Layer '{Alias}': memberships could not be removed at shutdown and end by expiry: {Reason}")]
        public static partial void NotLeft(ILogger logger, string alias, string reason);

        [LoggerMessage(5010, LogLevel.Debug, "Layer '{Alias}': a membership is only noted for now: {Reason}")]
        public static partial void Postponed(ILogger logger, string alias, string reason);
    }
}
