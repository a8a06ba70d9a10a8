using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// One server of the pub/sub layout: a connection to publish on and one that carries all subscriptions. What is subscribed
/// is remembered here, and made again, confirmed, on every new connection.
/// </summary>
internal sealed class PubSubNode : IPubSubHost
{
    private readonly RedisLayerParts _parts;
    private readonly Action<bool> _onAvailability;
    private readonly Action _onMoved;
    private readonly Lock _lock = new();
    private readonly HashSet<SubscriptionName> _wanted = [];
    private readonly Dictionary<SubscriptionName, Task> _subscribed = [];
    private readonly RedisRefusal _refusal;
    private TaskCompletionSource<RespErrorException> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously); // guarded by the lock
    private SubscriberConnection? _connection;
    private volatile bool _isComplete;
    private volatile bool _isOfCluster;

    /// <param name="parts">The layer's parts.</param>
    /// <param name="address">The server.</param>
    /// <param name="onMessage">Called with the pub/sub channel and the payload of each message, one after another.</param>
    /// <param name="onAvailability">Called with false when subscriptions are lost, with true when all are confirmed (again).</param>
    /// <param name="onMoved">Called when the server says that a shard channel is not, or no longer, its own, with whether a subscription is concerned; null where there are no shards.</param>
    public PubSubNode(RedisLayerParts parts, RedisHostAddress address, MessageHandler onMessage, Action<bool> onAvailability, Action<bool>? onMoved = null)
    {
        (_parts, _onAvailability, _onMoved) = (parts, onAvailability, () => onMoved?.Invoke(true));
        var settings = parts.Link with { OnMoved = () => onMoved?.Invoke(false) };
        _refusal = new(settings, address.Display);
        Commands = new(settings, address, RedisLinkRole.Commands, parts.TellBackAsync, connection => _isOfCluster = connection.IsCluster);
        AllKeys = new(settings with { FollowsSlots = true }, address, RedisLinkRole.Commands, parts.TellBackAsync);
        Subscriptions = new(
            settings,
            address,
            RedisLinkRole.Subscriptions,
            (server, cancellationToken) => SubscriberConnection.OpenAsync(address, server, RedisLinkRole.Subscriptions, settings, onMessage, NoteDropped, cancellationToken),
            SubscribeAllAsync);
    }

    public RedisLink Commands { get; }

    public RedisLinkSupervisor<SubscriberConnection> Subscriptions { get; }

    /// <summary>Whether all subscriptions are confirmed, but for those that belong elsewhere or are refused.</summary>
    public bool IsComplete => _isComplete;

    public IEnumerable<IRedisLink> Links => [Commands, Subscriptions];

    public bool IsReady => true;

    public IReadOnlyCollection<PubSubNode> Nodes => [this];

    public RedisLink Keys => _isOfCluster ? AllKeys : Commands;

    private RedisLink AllKeys { get; }

    public PubSubNode NodeOf(string channel) => this;

    /// <summary>
    /// Publishes a message. While Redis is up and answers in time, the send is done when the message is on its way: were
    /// each answer waited for, a consumer would bring one message per round trip, and members would get one message per
    /// write instead of several.
    /// </summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away, or too many sends have no answer and this one had none in time.</exception>
    public ValueTask PublishAsync(string channel, byte[] payload, CancellationToken cancellationToken)
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

    /// <inheritdoc/>
    public async Task EndAsync()
    {
        await SettleAsync();
        await Task.WhenAll(Commands.DisposeAsync().AsTask(), AllKeys.DisposeAsync().AsTask(), Subscriptions.DisposeAsync().AsTask());
    }

    async ValueTask IPubSubHost.ReconcileAsync(SubscriptionName name, Func<bool> isWanted, CancellationToken cancellationToken) =>
        await ReconcileAsync(name, isWanted, cancellationToken);

    /// <inheritdoc cref="IPubSubHost.ReconcileAsync"/>
    /// <returns>False when the server gives the shard channel away, which then belongs to another.</returns>
    public async ValueTask<bool> ReconcileAsync(SubscriptionName name, Func<bool> isWanted, CancellationToken cancellationToken)
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
            return true;
        }

        try
        {
            return await ConfirmAsync(name, confirmed).WaitAsync(_parts.Options.CommandTimeout, _parts.Time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            connection?.ReportLost($"a subscription was not confirmed: {RedisFailure.Describe(e)}"); // made again on the next connection, since it is noted
            return true;
        }
    }

    private Task<long> SendAsync(string channel, byte[] payload, CancellationToken cancellationToken)
    {
        var target = _parts.Names.IsSharded ? RedisChannel.Sharded(channel) : RedisChannel.Literal(channel);
        return Commands.RunAsync(
            static (database, call) => database.PublishAsync(call.target, call.payload, call.Flags), (target, payload, Commands.Flags), payload.Length, cancellationToken).AsTask();
    }

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
        Task<bool>[] confirmed;
        lock (_lock)
        {
            _connection = connection;
            _subscribed.Clear();
            confirmed = SubscribeMissing(connection);
        }

        try
        {
            await Task.WhenAll(confirmed).WaitAsync(_parts.Options.CommandTimeout, _parts.Time, cancellationToken);
            try
            {
                NoteComplete();
                await TryRefusedAgainAsync(connection, cancellationToken);
            }
            finally
            {
                NoteLost();
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

    // What the server refuses, such as to this account, is noted: the connection is as good as ever, and all others share it.
    private async Task TryRefusedAgainAsync(SubscriberConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            await _refusal.WaitAsync(await _refused.Task.WaitAsync(cancellationToken), cancellationToken);
            Task<bool>[] confirmed;
            lock (_lock)
            {
                confirmed = SubscribeMissing(connection);
            }

            if (Array.Exists(await Task.WhenAll(confirmed).WaitAsync(_parts.Options.CommandTimeout, _parts.Time, cancellationToken), isMade => isMade))
            {
                NoteLost(); // what was sent there meanwhile was missed, as behind a loss
                NoteComplete();
            }
        }
    }

    private void NoteComplete()
    {
        _isComplete = true;
        _onAvailability(true);
        _parts.NoteBack();
    }

    private void NoteLost()
    {
        _isComplete = false;
        _onAvailability(false);
    }

    // Called under the lock. All that is wanted and not subscribed, nor about to be.
    private Task<bool>[] SubscribeMissing(SubscriberConnection connection)
    {
        _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return [.. _wanted.Where(name => !_subscribed.ContainsKey(name)).Select(name => FollowAsync(name, Subscribe(connection, name)))];
    }

    // Whether the subscription is made.
    private async Task<bool> FollowAsync(SubscriptionName name, Task confirmed)
    {
        if (!await ConfirmAsync(name, confirmed))
        {
            _onMoved();
        }

        return confirmed.IsCompletedSuccessfully;
    }

    // False when the server gives the shard channel away.
    private async Task<bool> ConfirmAsync(SubscriptionName name, Task confirmed)
    {
        try
        {
            await confirmed;
            return true;
        }
        catch (RespErrorException e)
        {
            Forget(name, confirmed, e.SaysMoved ? null : new($"{HeaderText.Clause(e.Message)}, for '{name.Text}'"));
            return !e.SaysMoved;
        }
    }

    // The server has ended a subscription because it gave up the slot.
    private void NoteDropped(string channel)
    {
        lock (_lock)
        {
            _subscribed.Remove(new(channel, SubscriptionKind.Shard));
        }

        _onMoved();
    }

    private void Forget(SubscriptionName name, Task confirmed, RespErrorException? refusal)
    {
        lock (_lock)
        {
            if (_subscribed.GetValueOrDefault(name) == confirmed)
            {
                _subscribed.Remove(name);
            }

            if (refusal is not null)
            {
                _refused.TrySetResult(refusal);
            }
        }
    }
}
