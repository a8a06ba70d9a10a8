using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Tells the full inboxes of processes that died from those of processes that are too slow, by the key that each process
/// keeps while it lives, and takes the members of dead ones out of the group. Python's processes keep no such key, and
/// their ids cannot be mistaken for ours (<see cref="WireNames.ProcessOf"/>).
/// </summary>
internal sealed partial class DeadMembers(RedisLayerParts parts, CoreHost[] hosts)
{
    private readonly Episode _episode = new(parts.Time);

    /// <summary>Gives how many of the full inboxes belong to somebody alive.</summary>
    public async ValueTask<int> RemoveAsync(string group, GroupView.Inbox[] full, CancellationToken cancellationToken)
    {
        try
        {
            var dead = await FindAsync(full, cancellationToken);
            string[] channels = [.. dead.SelectMany(inbox => inbox.Names.GetList()).Select(channel => channel.GetText())];
            if (channels.Length > 0)
            {
                await hosts[ShardRing.IndexOf(group, hosts.Length)].RemoveAsync(group, channels, cancellationToken);
                if (_episode.Begins())
                {
                    Log.Removed(parts.Logger, parts.Alias, channels.Length, group);
                }
            }

            return full.Length - dead.Count;
        }
        catch (ChannelLayerUnavailableException)
        {
            return full.Length; // the message itself was sent; who is dead shows next time
        }
    }

    private async Task<List<GroupView.Inbox>> FindAsync(GroupView.Inbox[] full, CancellationToken cancellationToken)
    {
        var lives = await Task.WhenAll(full.Select(inbox => inbox.Process is { } process
            ? hosts[inbox.Host].Link.RunAsync(static (database, key) => database.KeyExistsAsync(key), (RedisKey)parts.Names.ProcessKey(process), 0, cancellationToken).AsTask()
            : Task.FromResult(true)));
        return [.. full.Where((_, index) => !lives[index])];
    }

    private static partial class Log
    {
        [LoggerMessage(5015, LogLevel.Information, "Layer '{Alias}': {Count} members of group '{Group}' belong to a process that ended without leaving; they are removed. Further ones are removed silently until a minute passes without one.")]
        public static partial void Removed(ILogger logger, string alias, int count, string group);
    }
}
