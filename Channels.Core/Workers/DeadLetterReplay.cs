namespace Channels;

/// <summary>Sends dead letters again.</summary>
public static class DeadLetterReplay
{
    /// <summary>Takes a letter out of the store and sends its message to its channel once more.</summary>
    /// <param name="store">The store.</param>
    /// <param name="layer">The layer the channel belongs to.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="id">The letter's id.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>False when the letter is gone already.</returns>
    /// <exception cref="ChannelFullException">The channel is full; the letter is back in the store.</exception>
    public static async ValueTask<bool> ReplayAsync(this IDeadLetterStore store, IChannelLayer layer, string channel, string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(layer);
        if (await store.TakeAsync(channel, id, cancellationToken) is not { } letter)
        {
            return false;
        }

        try
        {
            await layer.SendAsync(channel, letter.Message, cancellationToken);
        }
        catch
        {
            await store.AddAsync(letter, CancellationToken.None); // nothing may be lost on the way back
            throw;
        }

        return true;
    }
}
