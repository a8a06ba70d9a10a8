using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Who the members of a group are, asked of the host that knows them.</summary>
internal sealed class GroupMembers(RedisLayerParts parts, CoreHost[] hosts)
{
    private const int PageSize = 500;

    /// <summary>The score of the newest membership that has expired.</summary>
    public double NewestExpired => UnixTime.PurgeBound(parts.Time, parts.Options.GroupExpiry);

    /// <summary>How many members the group has.</summary>
    public ValueTask<long> CountAsync(string group, CancellationToken cancellationToken) => HostOf(group).Link.RunAsync(
        static (database, call) => database.SortedSetLengthAsync(call.Key, call.Expired, exclude: Exclude.Start), (Key: (RedisKey)parts.Names.GroupKey(group), Expired: NewestExpired), bytes: 100, cancellationToken);

    /// <summary>Its members, page by page in the order of their joining.</summary>
    public async IAsyncEnumerable<string> ListAsync(string group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (member, score) = (RedisValue.EmptyString, RedisValue.EmptyString);
        while (true)
        {
            var page = ((RedisValue[]?)await CoreScripts.MemberPage.RunAsync(
                HostOf(group).Link, [parts.Names.GroupKey(group)], [NewestExpired, member, score, PageSize], bytes: 200, cancellationToken))!; // always a list
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

    /// <summary>All of them, strangers' bytes included.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away, too slow, or refused.</exception>
    public async ValueTask<string[]> ReadAsync(string group, CancellationToken cancellationToken) =>
        ((string[]?)await CoreScripts.Members.RunAsync(HostOf(group).Link, [parts.Names.GroupKey(group)], [NewestExpired], 100, cancellationToken))!; // always a list of names

    /// <summary>The host of the group.</summary>
    public CoreHost HostOf(string group) => hosts[ShardRing.IndexOf(group, hosts.Length)];
}
