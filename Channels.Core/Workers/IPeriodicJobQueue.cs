namespace Channels.Extending;

/// <summary>
/// What a job queue offers beside <see cref="IJobQueue"/> when its jobs may repeat: it knows which occurrence was the last,
/// so that of all processes one puts the next into the queue. All members are thread-safe.
/// </summary>
public interface IPeriodicJobQueue
{
    /// <summary>
    /// Puts an occurrence of a periodic job into the queue, unless it or a later one was put there before, or the one
    /// before is not finished: then it counts as done.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="job">What to do.</param>
    /// <param name="name">What the periodic job is called in its channel: 1 to 256 characters.</param>
    /// <param name="due">The occurrence.</param>
    /// <param name="previous">
    /// The occurrence before, when the caller has handed that in. A queue that knows nothing of the job only notes the first
    /// occurrence of a caller that has not: a new job begins with the next one.
    /// </param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>Whether it was put into the queue.</returns>
    /// <exception cref="ArgumentException">One of the names is not valid.</exception>
    /// <exception cref="ChannelFullException">The queue is full; the occurrence is not noted.</exception>
    ValueTask<bool> SendOccurrenceAsync(
        string channel, ChannelMessage job, string name, DateTimeOffset due, DateTimeOffset? previous, CancellationToken cancellationToken = default);
}
