using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketRouter;

/// <summary>
/// Publishes to topics from outside of a connection, such as an HTTP consumer or a worker: a service that <c>AddSocketRouter</c> registers.
/// All members are thread-safe.
/// </summary>
/// <param name="history">The history of the default layer's groups.</param>
public sealed class SocketTopics(IGroupHistory history)
{
    /// <summary>Writes a message into the topic's history and sends it to everybody who has joined.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <param name="topic">The topic: 1 to 256 characters.</param>
    /// <param name="route">What subscribers tell its messages apart by.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="contract">Its JSON contract.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>The message's position.</returns>
    /// <exception cref="ArgumentException">Topic or route are not valid.</exception>
    /// <exception cref="ChannelLayerUnavailableException">The history is away; whether the message was written may be unknown.</exception>
    public ValueTask<HistoryPosition> PublishAsync<T>(string topic, string route, T payload, JsonTypeInfo<T> contract, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(contract);
        return PublishAsync(history, topic, route, payload is null ? default : JsonSerializer.SerializeToUtf8Bytes(payload, contract), cancellationToken);
    }

    internal static ValueTask<HistoryPosition> PublishAsync(IGroupHistory history, string topic, string route, ReadOnlySpan<byte> payload, CancellationToken cancellationToken) =>
        TopicName.IsValid(topic)
            ? history.PublishAsync(TopicName.GroupOf(topic), TopicMessage.Make(topic, SocketPush.RouteJson(route), payload), cancellationToken)
            : throw new ArgumentException($"A topic has 1 to {TopicName.Longest} characters; this one has {topic?.Length ?? 0}.", nameof(topic));
}
