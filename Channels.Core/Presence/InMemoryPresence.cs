using System.Collections.Concurrent;

namespace Channels;

/// <summary>
/// Presence in the groups of an in-memory layer. What changes is published under the group's lock, so that the news are in the order of
/// the changes.
/// </summary>
internal sealed class InMemoryPresence(IGroupHistory history, PresenceOptions options) : IGroupPresence
{
    private readonly ConcurrentDictionary<string, PresentKeys> _groups = new(StringComparer.Ordinal);

    /// <summary>How many groups somebody is in.</summary>
    public int GroupCount => _groups.Count;

    public ValueTask TrackAsync(string group, string connection, string key, MessageMap? metadata = null, CancellationToken cancellationToken = default)
    {
        metadata ??= [];
        PresenceNews.ThrowIfInvalid(group, key, metadata, options);
        ChannelNames.ThrowIfNotChannel(connection);
        var news = PresenceNews.OfJoined(group, key, metadata); // first: freezes the map, or refuses it while all is as it was
        Use(group, keys =>
        {
            if (keys.TryFind(connection, out var former) && former != key && keys.Remove(connection, former))
            {
                Publish(PresenceNews.OfLeft(group, former), group);
            }

            if (keys.Add(connection, key, metadata))
            {
                Publish(news, group);
            }

            return true;
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask UntrackAsync(string group, string connection, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ChannelNames.ThrowIfNotChannel(connection);
        if (_groups.ContainsKey(group))
        {
            Use(group, keys =>
            {
                if (keys.TryFind(connection, out var key) && keys.Remove(connection, key))
                {
                    Publish(PresenceNews.OfLeft(group, key), group);
                }

                return true;
            });
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<PresencePage> ListAsync(string group, string? after = null, int max = 1_000, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        return new(Use(group, keys =>
        {
            var (entries, hasMore) = keys.Page(after, max);
            var news = history.ReadAsync(PresenceNews.GroupOf(group), HistoryPosition.Oldest, max: 0);
            return new PresencePage(entries, hasMore, Completed(news).Newest);
        }));
    }

    private void Publish(ChannelMessage news, string group) => Completed(history.PublishAsync(PresenceNews.GroupOf(group), news));

    // The history in memory is done when it returns.
    private static T Completed<T>(ValueTask<T> done) => done.IsCompletedSuccessfully ? done.Result : throw new InvalidOperationException("The history in memory has waited.");

    private TResult Use<TResult>(string group, Func<PresentKeys, TResult> use)
    {
        while (true)
        {
            var keys = _groups.GetOrAdd(group, static name => new(name));
            lock (keys)
            {
                if (!keys.Forgotten)
                {
                    var result = use(keys);
                    if (keys.IsEmpty)
                    {
                        keys.Forgotten = true;
                        _groups.TryRemove(new(group, keys));
                    }

                    return result;
                }
            }

            Thread.Yield(); // whoever forgets it is about to take it out
        }
    }
}
