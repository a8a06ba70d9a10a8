namespace Channels;

/// <summary>Shorter ways to send jobs.</summary>
public static class JobQueueExtensions
{
    /// <summary>Puts a typed record into the queue of a channel.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="queue">The queue.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="job">The record.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    public static ValueTask SendAsync<T>(this IJobQueue queue, string channel, T job, CancellationToken cancellationToken = default)
        where T : class, ITypedMessage<T>
    {
        ArgumentNullException.ThrowIfNull(queue);
        return queue.SendAsync(channel, ChannelMessage.Of(job), cancellationToken);
    }

    /// <summary>Puts a map into the queue of a channel.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="type">The message type.</param>
    /// <param name="fields">The content.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    public static ValueTask SendAsync(this IJobQueue queue, string channel, string type, MessageMap fields, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return queue.SendAsync(channel, new ChannelMessage(type, fields), cancellationToken);
    }

    /// <summary>Puts a typed record into the queue of a channel that no worker gets before its time.</summary>
    /// <inheritdoc cref="IJobQueue.ScheduleAsync"/>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="queue">The queue.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="job">The record.</param>
    /// <param name="start">After how long, or when.</param>
    /// <param name="id">What the job is called in its channel: 1 to 256 characters. Default null: a new name.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    public static ValueTask<string> ScheduleAsync<T>(
        this IJobQueue queue, string channel, T job, JobStart start, string? id = null, CancellationToken cancellationToken = default)
        where T : class, ITypedMessage<T>
    {
        ArgumentNullException.ThrowIfNull(queue);
        return queue.ScheduleAsync(channel, ChannelMessage.Of(job), start, id, cancellationToken);
    }
}
