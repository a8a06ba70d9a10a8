using System.Threading.Channels;

namespace Channels.Layers.Redis;

/// <summary>
/// A channel of this process that is received from by name: bounded, dropping the oldest; a receiver that gives up loses
/// nothing. Every process that listens gets every message. Thread-safe.
/// </summary>
internal sealed class SharedInbox
{
    private readonly Channel<(ChannelMessage Message, long ExpiresAt)> _queue;
    private readonly TimeProvider _time;
    private readonly LayerDrops _drops;

    public SharedInbox(int capacity, TimeProvider time, LayerDrops drops)
    {
        (_time, _drops) = (time, drops);
        _queue = Channel.CreateBounded<(ChannelMessage, long)>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest }, _ => drops.Slow());
    }

    public void Post(ChannelMessage message, long expiresAt) => _queue.Writer.TryWrite((message, expiresAt)); // true until the end: the oldest makes room

    /// <summary>Nothing comes any more.</summary>
    public void End() => _queue.Writer.TryComplete();

    public void Clear()
    {
        while (_queue.Reader.TryRead(out _))
        {
            // dropped on purpose: the layer is flushed
        }
    }

    /// <exception cref="ObjectDisposedException">The layer has ended.</exception>
    public async ValueTask<ChannelMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var (message, expiresAt) = await _queue.Reader.ReadAsync(cancellationToken);
                if (expiresAt > _time.GetTimestamp())
                {
                    return message;
                }

                _drops.Expired();
            }
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(RedisPubSubLayer));
        }
    }
}
