namespace Channels.Extending;

/// <summary>
/// Keeps the messages that workers gave up on, up to a number and an age of its own, so that a person can look at them
/// and send them again. Thread-safe.
/// </summary>
public interface IDeadLetterStore
{
    /// <summary>Whether other processes see the letters.</summary>
    bool IsShared { get; }

    /// <summary>Keeps a letter; the oldest one goes when the store is full.</summary>
    /// <param name="letter">The letter; its id is replaced by the store's own.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>The letter as stored.</returns>
    ValueTask<DeadLetter> AddAsync(DeadLetter letter, CancellationToken cancellationToken = default);

    /// <summary>The letters of a channel, oldest first.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    ValueTask<IReadOnlyList<DeadLetter>> ListAsync(string channel, CancellationToken cancellationToken = default);

    /// <summary>Takes a letter out; null when it is gone already. Only one caller gets it.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="id">The letter's id.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    ValueTask<DeadLetter?> TakeAsync(string channel, string id, CancellationToken cancellationToken = default);
}
