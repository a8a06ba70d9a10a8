using Microsoft.Extensions.DependencyInjection;

namespace Channels.Extending;

/// <summary>Sends dead letters again.</summary>
public static class DeadLetterReplay
{
    /// <summary>Takes a letter out of the store and sends its message to where it came from once more: its layer, or its layer's job queue.</summary>
    /// <param name="store">The store.</param>
    /// <param name="services">The host's services, for the layer or queue.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="id">The letter's id.</param>
    /// <param name="cancellationToken">Gives up an operation that crosses a network.</param>
    /// <returns>False when the letter is gone already.</returns>
    /// <exception cref="ChannelFullException">The channel is full; the letter is back in the store.</exception>
    /// <exception cref="InvalidOperationException">The letter holds only the beginning of its message, or the layer or queue is not registered here; the letter is back in the store.</exception>
    public static async ValueTask<bool> ReplayAsync(this IDeadLetterStore store, IServiceProvider services, string channel, string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(services);
        if (await store.TakeAsync(channel, id, cancellationToken) is not { } letter)
        {
            return false;
        }

        try
        {
            if (letter.IsCut)
            {
                throw new InvalidOperationException($"The dead letter '{id}' holds only the beginning of its message, which was larger than Channels:DeadLetters:{nameof(DeadLetterOptions.MaxBodyBytes)}; it cannot be sent again.");
            }

            await (letter.Acknowledged
                ? services.GetRequiredKeyedService<IJobQueue>(letter.Layer).SendAsync(channel, letter.Message, cancellationToken)
                : services.GetRequiredKeyedService<IChannelLayer>(letter.Layer).SendAsync(channel, letter.Message, cancellationToken));
        }
        catch
        {
            await store.AddAsync(letter, CancellationToken.None); // nothing may be lost on the way back
            throw;
        }

        return true;
    }
}
