namespace Channels;

/// <summary>
/// What was published to the groups of one layer, kept for a while, so that who was away can have what it missed. A keyed
/// service under the layer's alias, the <c>default</c> one without a key too. Consumers use it by
/// <see cref="ConsumerGroups.PublishAsync(string, ChannelMessage)"/> and <see cref="ConsumerGroups.JoinAsync"/>. How much is
/// kept is said by <see cref="HistoryOptions"/>. All members are thread-safe.
/// </summary>
public interface IGroupHistory
{
    /// <summary>
    /// Writes a message into the group's history and sends it to its members, in one step: all see it at the place that it
    /// has in the history.
    /// </summary>
    /// <param name="group">The group; one without members is no error.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>The message's position.</returns>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The history is away; whether the message was written may be unknown.</exception>
    ValueTask<HistoryPosition> PublishAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes a message into the group's history and sends it to nobody. Members that follow the history get it all the same,
    /// when they next look into it: before the next message that is published.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>The message's position.</returns>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The history is away; whether the message was written may be unknown.</exception>
    ValueTask<HistoryPosition> AppendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default);

    /// <summary>Reads the messages behind a position, oldest first.</summary>
    /// <param name="group">The group.</param>
    /// <param name="after">The position of the last message that the reader has; <see cref="HistoryPosition.Oldest"/> for all that is kept.</param>
    /// <param name="max">The most messages to give; 0 to learn only where the history stands.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>The messages, each with its <see cref="ChannelMessage.Position"/>, or that what followed is gone.</returns>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is negative.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The history is away.</exception>
    ValueTask<HistoryPage> ReadAsync(string group, HistoryPosition after, int max = 100, CancellationToken cancellationToken = default);
}
