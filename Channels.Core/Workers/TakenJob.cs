namespace Channels;

/// <summary>
/// A job that one worker has in hand: nobody else gets it until it is released, or until the worker has not renewed it
/// for the queue's visibility time. Thread-safe.
/// </summary>
/// <param name="message">What to do.</param>
/// <param name="attempt">How often the job was handed out, this time included.</param>
public abstract class TakenJob(ChannelMessage message, int attempt)
{
    /// <summary>What to do.</summary>
    public ChannelMessage Message { get; } = message;

    /// <summary>How often the job was handed out, this time included: 1 the first time.</summary>
    public int Attempt { get; } = attempt;

    /// <summary>How often the holder should call <see cref="RenewAsync"/>; zero when it need not.</summary>
    public abstract TimeSpan RenewPeriod { get; }

    /// <summary>Says that the job is done: it is never handed out again.</summary>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    public abstract ValueTask CompleteAsync(CancellationToken cancellationToken = default);

    /// <summary>Gives the job back, behind those that wait; another worker may take it at once.</summary>
    /// <param name="countAttempt">Whether this time counts as an attempt; false when the job was not begun.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    public abstract ValueTask ReleaseAsync(bool countAttempt, CancellationToken cancellationToken = default);

    /// <summary>Keeps the job for another visibility time.</summary>
    /// <param name="attempt">The attempt at hand; higher than <see cref="Attempt"/> when the holder tries again by itself.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>False when the job is no longer the caller's, because it was renewed too late.</returns>
    public abstract ValueTask<bool> RenewAsync(int attempt, CancellationToken cancellationToken = default);
}
