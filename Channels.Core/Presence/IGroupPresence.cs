namespace Channels;

/// <summary>
/// Who is where: keys, such as users, that connections of all processes have in the groups of one layer. Several connections of one
/// key count once. A keyed service under the layer's alias, the <c>default</c> one without a key too. Consumers use it by
/// <see cref="ConsumerGroups.TrackAsync"/> and <see cref="ConsumerGroups.WatchAsync(string, int)"/>. All members are thread-safe.
/// </summary>
public interface IGroupPresence
{
    /// <summary>Makes a key present in a group for a connection; calling it again changes key or metadata.</summary>
    /// <param name="group">The group.</param>
    /// <param name="connection">The connection's channel in this process.</param>
    /// <param name="key">Who it is: 1 to 256 characters.</param>
    /// <param name="metadata">What others see of it; that of the last connection counts. Null for nothing.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">A name is not valid, or the metadata are larger than <see cref="PresenceOptions.MaxMetadataBytes"/>.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The server is away; it is told when it is back.</exception>
    ValueTask TrackAsync(string group, string connection, string key, MessageMap? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Ends the presence of a connection in a group; no error when there is none. While the server is away it is only noted.</summary>
    /// <param name="group">The group.</param>
    /// <param name="connection">The connection's channel.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">A name is not valid.</exception>
    ValueTask UntrackAsync(string group, string connection, CancellationToken cancellationToken = default);

    /// <summary>Lists who is there, in the order of the keys' code units or bytes, page by page.</summary>
    /// <param name="group">The group.</param>
    /// <param name="after">The last key of the page before; null for the first page.</param>
    /// <param name="max">The most keys of a page.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is not positive.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The server is away.</exception>
    ValueTask<PresencePage> ListAsync(string group, string? after = null, int max = 1_000, CancellationToken cancellationToken = default);
}
