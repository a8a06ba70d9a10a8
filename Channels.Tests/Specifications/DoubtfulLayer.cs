using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

/// <summary>Loses its connection with the first direct message: before that has come, or before that is known.</summary>
internal sealed class DoubtfulLayer(IChannelLayer inner, bool hasCome) : LayerAround(inner)
{
    private int _sent;

    /// <summary>How many messages it was given.</summary>
    public int Sent => Volatile.Read(ref _sent);

    public override async ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        var isFirst = Interlocked.Increment(ref _sent) == 1;
        if (!isFirst || hasCome)
        {
            await Inner.SendAsync(channel, message, cancellationToken);
        }

        if (isFirst)
        {
            throw new ChannelLayerUnavailableException(Alias, "the connection was lost", outcomeUnknown: true);
        }
    }
}
