using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Channels.Layers.Redis;

/// <summary>
/// Tells the full inboxes of processes that died from those of processes that are too slow, by the key that each process
/// keeps on each host while it lives, and takes the members of dead ones out of the group. Python's processes keep no such
/// key, and their ids cannot be mistaken for ours (<see cref="WireNames.ProcessOf"/>).
/// </summary>
internal sealed partial class DeadMembers(RedisLayerParts parts, CoreHost[] hosts)
{
    private const int MostRemembered = 10_000;
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<(int Host, string Process), (long At, Task<bool> IsDead)> _asked = new();
    private readonly Episode _episode = new(parts.Time);

    /// <summary>
    /// Counts a message that full inboxes did not take as dropped, but not for the dead. Nobody waits for it: while consumers
    /// are too slow their senders must not become slow as well, so a process is asked for once a second at most.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="full">The inboxes that were full.</param>
    /// <param name="members">How many members the group has.</param>
    public void Note(string group, GroupView.Inbox[] full, int members)
    {
        foreach (var inboxes in full.GroupBy(inbox => inbox.Process, StringComparer.Ordinal))
        {
            var isDead = inboxes.Key is { } process ? IsDeadAsync(group, process, inboxes) : Task.FromResult(false);
            _ = CountAsync(isDead, group, inboxes.Count(), members);
        }
    }

    private async Task CountAsync(Task<bool> isDead, string group, int inboxes, int members)
    {
        if (!await isDead)
        {
            parts.Drops.Full(group, inboxes, members);
        }
    }

    /// <summary>Whether the process is dead, and its members are removed; an answer that is open or a second old at most is everybody's.</summary>
    private Task<bool> IsDeadAsync(string group, string process, IEnumerable<GroupView.Inbox> inboxes)
    {
        var host = ShardRing.IndexOf(group, hosts.Length);
        var now = parts.Time.GetTimestamp();
        if (_asked.TryGetValue((host, process), out var before) && parts.Time.GetElapsedTime(before.At, now) < Trust)
        {
            return before.IsDead;
        }

        if (_asked.Count >= MostRemembered)
        {
            _asked.Clear(); // costs as many questions
        }

        var isDead = RemoveIfDeadAsync(host, group, process, [.. inboxes.SelectMany(inbox => inbox.Names.GetList()).Select(channel => channel.GetText())]);
        _asked[(host, process)] = (now, isDead);
        return isDead;
    }

    private async Task<bool> RemoveIfDeadAsync(int host, string group, string process, string[] channels)
    {
        try
        {
            var isDead = await hosts[host].RemoveIfDeadAsync(group, process, channels);
            if (isDead && _episode.Begins())
            {
                Log.Removed(parts.Logger, parts.Alias, channels.Length, group);
            }

            return isDead;
        }
        catch (Exception e) when (e is ChannelLayerUnavailableException or InvalidOperationException)
        {
            Log.NotAsked(parts.Logger, parts.Alias, e.Message);
            return false; // who is dead shows next time
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5015, LogLevel.Information, "Layer '{Alias}': {Count} members of group '{Group}' belong to a process that ended without leaving; they are removed. Further ones are removed silently until a minute passes without one.")]
        public static partial void Removed(ILogger logger, string alias, int count, string group);

        [LoggerMessage(5016, LogLevel.Debug, "Layer '{Alias}': whether the process of a full inbox lives could not be asked: {Reason}")]
        public static partial void NotAsked(ILogger logger, string alias, string reason);
    }
}
