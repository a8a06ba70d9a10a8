namespace Channels.Tests.Specifications;

/// <summary>Loses every tenth direct message, and lets every seventh be overtaken by the one behind it.</summary>
internal sealed class LossyLayer(IChannelLayer inner) : IChannelLayer
{
    private int _sent;
    private Action? _held;

    public string Alias => inner.Alias;

    public ChannelLayerFeatures Features => inner.Features;

    public async ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        var number = Interlocked.Increment(ref _sent);
        if (number % 10 == 0)
        {
            return;
        }

        if (number % 7 == 0)
        {
            Interlocked.Exchange(ref _held, () => _ = inner.SendAsync(channel, message, CancellationToken.None).AsTask())?.Invoke();
            return;
        }

        await inner.SendAsync(channel, message, cancellationToken);
        Interlocked.Exchange(ref _held, null)?.Invoke();
    }

    public ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default) => inner.ReceiveAsync(channel, cancellationToken);

    public ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default) => inner.NewChannelAsync(prefix, cancellationToken);

    public ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default) => inner.GroupAddAsync(group, channel, cancellationToken);

    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default) => inner.GroupDiscardAsync(group, channel, cancellationToken);

    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => inner.GroupSendAsync(group, message, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);
}
