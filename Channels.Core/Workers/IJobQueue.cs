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

    /// <summary>
    /// Puts a job into the queue of a channel that no worker gets before its time. Until then it counts as unfinished, can be
    /// cancelled by its id, and is replaced by what is scheduled under the same id. A time that is past is now.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="job">What to do.</param>
    /// <param name="start">After how long, or when.</param>
    /// <param name="id">What the job is called in its channel: 1 to 256 characters. Default null: a new name.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>The id.</returns>
    /// <exception cref="ArgumentException">The name or the id is not valid, or the time is more than 3650 days away.</exception>
    /// <exception cref="ChannelFullException">As for <see cref="SendAsync"/>.</exception>
    ValueTask<string> ScheduleAsync(string channel, ChannelMessage job, JobStart start, string? id = null, CancellationToken cancellationToken = default);

    /// <summary>Takes a scheduled job back.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>False when no job waits for its time under that id: its time has come, or there never was one.</returns>
    /// <exception cref="ArgumentException">The name or the id is not valid.</exception>
    ValueTask<bool> CancelAsync(string channel, string id, CancellationToken cancellationToken = default);

    /// <summary>Waits for the next job of a channel: one that nobody has taken yet, or one whose worker is gone.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Gives up waiting; no job is lost by that.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    ValueTask<TakenJob> TakeAsync(string channel, CancellationToken cancellationToken = default);
}
