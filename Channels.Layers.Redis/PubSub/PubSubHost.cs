using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// One host of the pub/sub layout: a connection to publish on and one that carries all subscriptions. What is subscribed
/// is remembered here, and made again, confirmed, on every new connection.
/// </summary>
internal sealed class PubSubHost
{
    private readonly RedisLayerParts _parts;
    private readonly Action<string, byte[]> _onMessage;
    private readonly Action<bool> _onAvailability;
    private readonly Lock _lock = new();
    private readonly HashSet<RedisChannel> _wanted = [];
    private readonly Dictionary<RedisChannel, Task> _subscribed = [];
    private RedisConnection? _connection;

    /// <param name="parts">The layer's parts.</param>
    /// <param name="address">The host.</param>
    /// <param name="onMessage">Called with the pub/sub channel and the payload of each message, one after another.</param>
    /// <param name="onAvailability">Called with false when subscriptions are lost, with true when all are confirmed (again).</param>
    public PubSubHost(RedisLayerParts parts, RedisHostAddress address, Action<string, byte[]> onMessage, Action<bool> onAvailability)
    {
        (_parts, _onMessage, _onAvailability) = (parts, onMessage, onAvailability);
        Commands = new(parts.Link, address, RedisLinkRole.Commands, static (_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        Subscriptions = new(parts.Link, address, RedisLinkRole.Subscriptions, SubscribeAllAsync);
    }

    public RedisLink Commands { get; }

    public RedisLink Subscriptions { get; }

    /// <summary>
    /// Publishes a message. While Redis is up and answers in time, the send is done when the message is on its way: were
    /// each answer waited for, a consumer would bring one message per round trip, and members would get one message per
    /// write instead of several.
    /// </summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away, or too many sends have no answer and this one had none in time.</exception>
    public ValueTask PublishAsync(RedisChannel channel, byte[] payload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Commands.Current is null || Commands.Pending >= _parts.Options.MaxUnconfirmedSends)
        {
            return new(SendAsync(channel, payload, cancellationToken));
        }

        // The caller's token must not end what goes on after it was told "done".
        var sending = SendAsync(channel, payload, CancellationToken.None);
        if (sending.IsCompleted)
        {
            return new(sending);
        }

        _ = CountFailureAsync(sending); // ends by itself within the command time-out; their number is bounded
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits until what was published before is answered, as far as the host answers: answers come in order.</summary>
    public async ValueTask SettleAsync()
    {
        if (Commands.Current is not null && Commands.Pending > 0)
        {
            Task answer = Commands.RunAsync(static (database, _) => database.PingAsync(), 0, 0, CancellationToken.None).AsTask();
            await answer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // a message without an answer is counted for itself
        }
    }

    /// <summary>Ends both connections, once what was published before is answered.</summary>
    public async Task EndAsync()
    {
        await SettleAsync();
        await Task.WhenAll(Commands.DisposeAsync().AsTask(), Subscriptions.DisposeAsync().AsTask());
    }

    /// <summary>
    /// Subscribes or unsubscribes so that it agrees with what is wanted now; done when the server has confirmed. While the
    /// host is away it is only noted.
    /// </summary>
    /// <param name="channel">The pub/sub channel or pattern.</param>
    /// <param name="isWanted">Asked under the lock, so that the last of several callers is right for all.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async ValueTask ReconcileAsync(RedisChannel channel, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        Task confirmed;
        RedisConnection? connection;
        lock (_lock)
        {
            connection = _connection;
            if (isWanted())
            {
                _wanted.Add(channel);
                confirmed = connection is null ? Task.CompletedTask : Subscribe(connection, channel);
            }
            else
            {
                _wanted.Remove(channel);
                confirmed = connection is not null && _subscribed.Remove(channel) ? connection.Subscriber.UnsubscribeAsync(channel) : Task.CompletedTask;
            }
        }

        if (confirmed.IsCompletedSuccessfully)
        {
            return;
        }

        try
        {
            await confirmed.ThereAsync().WaitAsync(_parts.Options.CommandTimeout, _parts.Time, cancellationToken);
            await confirmed;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            connection?.ReportLost("a subscription was not confirmed"); // made again on the next connection, since it is noted
        }
    }

    private Task<long> SendAsync(RedisChannel channel, byte[] payload, CancellationToken cancellationToken) => Commands.RunAsync(
        static (database, call) => database.PublishAsync(call.channel, call.payload), (channel, payload), payload.Length, cancellationToken).AsTask();

    private async Task CountFailureAsync(Task sending)
    {
        try
        {
            await sending;
        }
        catch (ChannelLayerUnavailableException e)
        {
            _parts.Drops.Unconfirmed(e.Message);
        }
    }

    // Called under the lock. The client answers "done" for a channel it knows already, so the first call's task is kept:
    // every caller waits for the server's own confirmation.
    private Task Subscribe(RedisConnection connection, RedisChannel channel)
    {
        if (!_subscribed.TryGetValue(channel, out var confirmed))
        {
            _subscribed[channel] = confirmed = connection.Subscriber.SubscribeAsync(channel, Receive);
        }

        return confirmed;
    }

    private void Receive(RedisChannel channel, RedisValue payload) => _onMessage((string)channel!, (byte[]?)payload ?? []); // a message always has a channel

    private async Task SubscribeAllAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        Task[] confirmed;
        lock (_lock)
        {
            _connection = connection;
            _subscribed.Clear();
            confirmed = [.. _wanted.Select(channel => Subscribe(connection, channel))];
        }

        try
        {
            await Task.WhenAll(confirmed).WaitAsync(_parts.Options.CommandTimeout, _parts.Time, cancellationToken);
            _onAvailability(true);
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                _onAvailability(false);
            }
        }
        finally
        {
            lock (_lock)
            {
                _connection = null;
                _subscribed.Clear();
            }
        }
    }
}
