using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// One host of the pub/sub layout: a connection to publish on and one that carries all subscriptions. What is subscribed
/// is remembered here, and made again, confirmed, on every new connection.
/// </summary>
internal sealed class PubSubHost
{
    private readonly RedisLayerParts _parts;
    private readonly Action<bool> _onAvailability;
    private readonly Lock _lock = new();
    private readonly HashSet<SubscriptionName> _wanted = [];
    private readonly Dictionary<SubscriptionName, Task> _subscribed = [];
    private SubscriberConnection? _connection;

    /// <param name="parts">The layer's parts.</param>
    /// <param name="address">The host.</param>
    /// <param name="onMessage">Called with the pub/sub channel and the payload of each message, one after another.</param>
    /// <param name="onAvailability">Called with false when subscriptions are lost, with true when all are confirmed (again).</param>
    public PubSubHost(RedisLayerParts parts, RedisHostAddress address, MessageHandler onMessage, Action<bool> onAvailability)
    {
        (_parts, _onAvailability) = (parts, onAvailability);
        Commands = new(parts.Link, address, RedisLinkRole.Commands, static (_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        Subscriptions = new(
            parts.Link,
            address,
            RedisLinkRole.Subscriptions,
            (server, cancellationToken) => SubscriberConnection.OpenAsync(address, server, parts.Link, onMessage, cancellationToken),
            SubscribeAllAsync);
    }

    public RedisLink Commands { get; }

    public RedisLinkSupervisor<SubscriberConnection> Subscriptions { get; }

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
    /// <param name="name">The pub/sub channel or pattern.</param>
    /// <param name="isWanted">Asked under the lock, so that the last of several callers is right for all.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async ValueTask ReconcileAsync(SubscriptionName name, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        Task confirmed;
        SubscriberConnection? connection;
        lock (_lock)
        {
            connection = _connection;
            if (isWanted())
            {
                _wanted.Add(name);
                confirmed = connection is null ? Task.CompletedTask : Subscribe(connection, name);
            }
            else
            {
                _wanted.Remove(name);
                confirmed = connection is not null && _subscribed.Remove(name) ? connection.UnsubscribeAsync(name) : Task.CompletedTask;
            }
        }

        if (confirmed.IsCompletedSuccessfully)
        {
            return;
        }

        try
        {
            await confirmed.WaitAsync(_parts.Options.CommandTimeout, _parts.Time, cancellationToken);
        }
        catch (Exception e) when (e is RespErrorException or TimeoutException or IOException)
        {
            connection?.ReportLost($"a subscription was not confirmed: {RedisFailure.Describe(e)}"); // made again on the next connection, since it is noted
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

    // Called under the lock. The first call's task is kept: every caller waits for the server's own confirmation.
    private Task Subscribe(SubscriberConnection connection, SubscriptionName name)
    {
        if (!_subscribed.TryGetValue(name, out var confirmed))
        {
            _subscribed[name] = confirmed = connection.SubscribeAsync(name);
        }

        return confirmed;
    }

    private async Task SubscribeAllAsync(SubscriberConnection connection, CancellationToken cancellationToken)
    {
        Task[] confirmed;
        lock (_lock)
        {
            _connection = connection;
            _subscribed.Clear();
            confirmed = [.. _wanted.Select(name => Subscribe(connection, name))];
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
