namespace Channels;

/// <summary>Shorter ways to send.</summary>
public static class ChannelLayerExtensions
{
    /// <summary>Sends a typed record to a channel.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="layer">The layer.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The record.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    public static ValueTask SendAsync<T>(this IChannelLayer layer, string channel, T message, CancellationToken cancellationToken = default)
        where T : class, ITypedMessage<T>
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.SendAsync(channel, ChannelMessage.Of(message), cancellationToken);
    }

    /// <summary>Sends a map to a channel.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="type">The message type.</param>
    /// <param name="fields">The content.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    public static ValueTask SendAsync(this IChannelLayer layer, string channel, string type, MessageMap fields, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.SendAsync(channel, new ChannelMessage(type, fields), cancellationToken);
    }

    /// <summary>Sends a typed record to every member of a group.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="layer">The layer.</param>
    /// <param name="group">The group.</param>
    /// <param name="message">The record.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    public static ValueTask GroupSendAsync<T>(this IChannelLayer layer, string group, T message, CancellationToken cancellationToken = default)
        where T : class, ITypedMessage<T>
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.GroupSendAsync(group, ChannelMessage.Of(message), cancellationToken);
    }

    /// <summary>Sends a map to every member of a group.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="group">The group.</param>
    /// <param name="type">The message type.</param>
    /// <param name="fields">The content.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    public static ValueTask GroupSendAsync(this IChannelLayer layer, string group, string type, MessageMap fields, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.GroupSendAsync(group, new ChannelMessage(type, fields), cancellationToken);
    }
}
