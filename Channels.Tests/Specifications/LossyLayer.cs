using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

/// <summary>Loses every tenth direct message, and lets every seventh be overtaken by the one behind it.</summary>
internal sealed class LossyLayer(IChannelLayer inner) : LayerAround(inner)
{
    private int _sent;
    private Action? _held;

    public override async ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        var number = Interlocked.Increment(ref _sent);
        if (number % 10 == 0)
        {
            return;
        }

        if (number % 7 == 0)
        {
            Interlocked.Exchange(ref _held, () => _ = Inner.SendAsync(channel, message, CancellationToken.None).AsTask())?.Invoke();
            return;
        }

        await Inner.SendAsync(channel, message, cancellationToken);
        Interlocked.Exchange(ref _held, null)?.Invoke();
    }
}
