namespace Channels;

/// <summary>
/// A queue for jobs that must not be lost. A job stays in the queue until its worker says that it is done; the job of a
/// worker that died is handed to another one. So a job may start more than once, and must tolerate that. This is not a
/// channel layer: what is sent here is read by workers with <see cref="ChannelWorkerOptions.Acknowledged"/> only.
/// All members are thread-safe.
/// </summary>
public interface IJobQueue
{
    /// <summary>Puts a job into the queue of a channel. When this returns, the queue has it.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="job">What to do.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="ChannelFullException">The channel holds as many unfinished jobs as <see cref="JobQueueOptions.Capacity"/>; nothing was written.</exception>
    ValueTask SendAsync(string channel, ChannelMessage job, CancellationToken cancellationToken = default);

    /// <summary>Waits for the next job of a channel: one that nobody has taken yet, or one whose worker is gone.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Gives up waiting; no job is lost by that.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    ValueTask<TakenJob> TakeAsync(string channel, CancellationToken cancellationToken = default);
}
