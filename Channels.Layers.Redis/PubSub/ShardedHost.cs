using System.Net;

namespace Channels.Layers.Redis;

/// <summary>
/// One entry of the host list whose pub/sub channels are shard channels: a cluster, of which every node that has slots gets
/// connections of its own, or one server. Follows slots to the nodes that have them: asks from time to time, and at once when a
/// node says that it gave one up. One connection is for these questions only. Thread-safe.
/// </summary>
internal sealed class ShardedHost : IPubSubHost, IRedisLink
{
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(100);
    private readonly RedisLayerParts _parts;
    private readonly RedisHostAddress _address;
    private readonly MessageHandler _onMessage;
    private readonly Action<bool> _onAvailability;
    private readonly RedisLinkSupervisor<SubscriberConnection> _asking;
    private readonly RedisLink _keys;
    private readonly Lock _lock = new(); // never held while a node's is asked for: nodes ask for it under theirs
    private readonly Lock _telling = new();
    private readonly HashSet<SubscriptionName> _wanted = [];
    private readonly List<Task> _endings = [];
    private volatile NodeTable _nodes;
    private volatile TaskCompletionSource _doubt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isKnown;
    private int _moves;
    private int _followed;
    private bool _wasComplete;

    /// <inheritdoc cref="PubSubNode"/>
    public ShardedHost(RedisLayerParts parts, RedisHostAddress address, MessageHandler onMessage, Action<bool> onAvailability)
    {
        (_parts, _address, _onMessage, _onAvailability) = (parts, address, onMessage, onAvailability);
        _asking = new(parts.Link, address, RedisLinkRole.Slots, OpenAsync, FollowAsync);
        _keys = new(parts.Link with { FollowsSlots = true }, address, RedisLinkRole.Commands, parts.TellBackAsync);
        _nodes = new(null, [Make(address)]); // until more is known
    }

    public IEnumerable<IRedisLink> Links => [this];

    public bool IsReady => _asking.HasTried;

    public RedisLink Keys => _isKnown && _nodes is { Map: null } one ? one.Of("").Commands : _keys;

    public IReadOnlyCollection<PubSubNode> Nodes => _nodes.Nodes;

    public IReadOnlyList<RedisLinkHealth> Health => [.. _asking.Health, .. Nodes.SelectMany(node => node.Links).SelectMany(link => link.Health)];

    public PubSubNode NodeOf(string channel) => _nodes.Of(channel);

    public async Task StartAsync()
    {
        await _asking.StartAsync();
        if (_isKnown)
        {
            await StartNodesAsync();
        }
    }

    public void ThrowIfRefused() => _asking.ThrowIfRefused();

    /// <inheritdoc/>
    public async ValueTask ReconcileAsync(SubscriptionName name, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _ = isWanted() ? _wanted.Add(name) : _wanted.Remove(name);
        }

        var start = _parts.Time.GetTimestamp();
        while (_parts.Time.GetElapsedTime(start) < _parts.Options.CommandTimeout) // then it is left to who follows the slots
        {
            var node = NodeOf(name.Text);
            if (!await node.ReconcileAsync(name, () => IsWantedAt(node, name), cancellationToken))
            {
                NoteMoved(concernsSubscription: true);
                await Task.Delay(AgainAfter, _parts.Time, cancellationToken);
            }
            else if (node == NodeOf(name.Text))
            {
                return;
            }
        }
    }

    public async Task EndAsync()
    {
        await _asking.DisposeAsync(); // no node is added any more
        await Task.WhenAll([_keys.DisposeAsync().AsTask(), .. Nodes.Select(node => node.EndAsync()), .. _endings]);
    }

    public ValueTask DisposeAsync() => new(EndAsync());

    private PubSubNode Make(RedisHostAddress address) => new(_parts, address, _onMessage, _ => Tell(), NoteMoved);

    private bool IsWantedAt(PubSubNode node, SubscriptionName name)
    {
        lock (_lock)
        {
            return _wanted.Contains(name) && NodeOf(name.Text) == node;
        }
    }

    // A node said that a slot is not its own: what this process knows is old.
    private void NoteMoved(bool concernsSubscription)
    {
        if (concernsSubscription)
        {
            Interlocked.Increment(ref _moves);
            Tell();
        }

        _doubt.TrySetResult();
    }

    // Under a lock, so that the last word is the right one.
    private void Tell()
    {
        lock (_telling)
        {
            var isComplete = _isKnown && Volatile.Read(ref _moves) == Volatile.Read(ref _followed) && Nodes.All(node => node.IsComplete);
            if (isComplete != _wasComplete)
            {
                _wasComplete = isComplete;
                _onAvailability(isComplete);
            }
        }
    }

    private async Task<SubscriberConnection> OpenAsync(EndPoint server, CancellationToken cancellationToken)
    {
        var connection = await SubscriberConnection.OpenAsync(_address, server, RedisLinkRole.Slots, _parts.Link, static (_, _) => { }, onDropped: null, cancellationToken);
        try
        {
            if (!await connection.KnowsShardsAsync(_parts.Names.ProcessChannel("")).WaitAsync(_parts.Options.CommandTimeout, _parts.Time, cancellationToken))
            {
                throw new RedisRefusedException("it has no sharded pub/sub, which Redis has since 7.0 and Garnet in a cluster. Turn ShardedPubSub off for all processes, or use a newer server.");
            }

            await LookAsync(connection, cancellationToken);
            _ = StartNodesAsync(); // each tells when it is there
            _isKnown = true;
            _doubt.TrySetResult(); // what was wanted before is not subscribed yet
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task FollowAsync(SubscriberConnection connection, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.Zero;
        while (true)
        {
            await Task.WhenAny(_doubt.Task, Task.Delay(_parts.Options.PingInterval, _parts.Time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            var isDoubted = _doubt.Task.IsCompleted;
            if (isDoubted)
            {
                // Nodes learn of a move one after another: who is told old news asks again, less and less often.
                await Task.Delay(pause, _parts.Time, cancellationToken);
                _doubt = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            var moves = Volatile.Read(ref _moves);
            if (await LookAsync(connection, cancellationToken) || isDoubted)
            {
                _ = StartNodesAsync();
                await SettleAsync(moves, cancellationToken);
            }

            pause = !_doubt.Task.IsCompleted ? TimeSpan.Zero : pause * 2 + AgainAfter is var longer && longer < _parts.Options.PingInterval ? longer : _parts.Options.PingInterval;
        }
    }

    /// <summary>Asks who has which slots, and makes and ends nodes accordingly.</summary>
    /// <returns>Whether anything is new.</returns>
    private async Task<bool> LookAsync(SubscriberConnection connection, CancellationToken cancellationToken)
    {
        var text = await connection.AskForNodesAsync().WaitAsync(_parts.Options.CommandTimeout, _parts.Time, cancellationToken);
        if (text is null)
        {
            return false; // no cluster: the entry is all there is
        }

        var (map, old) = (ClusterMap.Parse(text, connection.Server, _address.IsEncrypted), _nodes);
        if (map.IsAs(old.Map))
        {
            return false;
        }

        PubSubNode[] nodes = [.. map.Nodes.Select(server => old.At(server) ?? Make(_address.At(server)))];
        _nodes = new(map, nodes);
        _endings.RemoveAll(ending => ending.IsCompletedSuccessfully);
        _endings.AddRange(old.Nodes.Except(nodes).Select(node => node.EndAsync()));
        return true;
    }

    // Subscriptions leave the nodes that they no longer belong to, and are made where they belong.
    private async Task SettleAsync(int moves, CancellationToken cancellationToken)
    {
        SubscriptionName[] wanted;
        lock (_lock)
        {
            wanted = [.. _wanted];
        }

        var settling = Nodes.SelectMany(node => wanted.Select(name => node.ReconcileAsync(name, () => IsWantedAt(node, name), cancellationToken).AsTask()));
        if ((await Task.WhenAll(settling)).Contains(false))
        {
            NoteMoved(concernsSubscription: true);
            return;
        }

        Volatile.Write(ref _followed, moves);
        Tell();
    }

    private Task StartNodesAsync() => Task.WhenAll(Nodes.SelectMany(node => node.Links).Select(link => link.StartAsync()));
}
