using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Takes messages from one host with one blocking pop over all keys of this process, on a connection of its own. It outlives the consumers
/// it takes for; a pop is never given up on the wire, it is woken.
/// </summary>
internal sealed class CoreReader
{
    private const int DrainCount = 128;
    private readonly RedisLayerParts _parts;
    private readonly CoreHost _host;
    private readonly PopDemand _demand;
    private readonly CoreDelivery _delivery;
    private readonly ReadPositions _positions;
    private readonly PopWaker _waker;
    private readonly RedisRefusal _refusal;
    private object[] _inboxesFirst = [];
    private object[] _sharedFirst = [];
    private int _keysVersion = -1;
    private bool _turn;
    private bool _isLater;

    public CoreReader(RedisLayerParts parts, RedisHostAddress address, CoreHost host, PopDemand demand, CoreDelivery delivery)
    {
        (_parts, _host, _demand, _delivery) = (parts, host, demand, delivery);
        _positions = new(parts);
        _waker = new(parts, host, demand);
        _refusal = new(parts.Link, address.Display);
        Link = new(parts.Link, address, RedisLinkRole.Pops, ReadAsync);
    }

    public RedisLink Link { get; }

    private async Task ReadAsync(ClientConnection connection, CancellationToken cancellationToken)
    {
        if (_isLater)
        {
            await _waker.WakeAsync(); // a link that went half open leaves a pop blocked in the server, which would take a message for nobody
        }

        _isLater = true;
        _parts.NoteBack();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waking = _waker.RunAsync(ended.Token);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                try
                {
                    await _positions.DropReadAsync(connection);
                    await PopAsync(connection, cancellationToken);
                }
                catch (RedisServerException e) when (RedisRefusal.Is(e))
                {
                    _waker.Ended();
                    await _refusal.WaitAsync(e, cancellationToken);
                }
            }
        }
        finally
        {
            _waker.Ended(); // nothing is blocked any more
            await ended.CancelAsync();
            await waking;
        }
    }

    private async Task PopAsync(ClientConnection connection, CancellationToken cancellationToken)
    {
        var version = _demand.Version;
        var keys = KeysOf(version);
        if (keys.Length == 0)
        {
            await _demand.WaitForChangeAsync(version).WaitAsync(cancellationToken);
            return;
        }

        if (!_waker.TryBlock(version, cancellationToken))
        {
            return; // changed before the change could see this pop: begin with the new keys
        }

        RedisResult answer;
        try
        {
            answer = await connection.Database.ExecuteAsync("BZPOPMIN", keys)
                .WaitAsync(_parts.Link.PopDeadline, _parts.Time, CancellationToken.None); // never given up: what was popped must be delivered
        }
        catch (RedisServerException e) when (e.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal) && !cancellationToken.IsCancellationRequested)
        {
            _waker.Ended();
            if (!await RemoveForeignAsync(connection))
            {
                throw;
            }

            return;
        }

        _waker.Ended();
        if (answer.IsNull)
        {
            return;
        }

        var parts = (RedisValue[])answer!; // checked above
        if (parts[0] == _waker.Key)
        {
            return; // not a message
        }

        var keyPart = ((string)parts[0]!)[_parts.Names.Prefix.Length..]; // a key we asked for
        await DeliverAsync(keyPart, parts[1], (double)parts[2]); // BZPOPMIN answers key, member, score
        if (_demand.IsInbox(keyPart))
        {
            await DrainAsync(connection, keyPart, cancellationToken);
        }
    }

    // One inbox serves the whole process, so what has piled up is fetched in batches. Shared channels are popped one at
    // a time, so that other workers get their share.
    private async Task DrainAsync(ClientConnection connection, string keyPart, CancellationToken cancellationToken)
    {
        SortedSetEntry[] taken;
        do
        {
            taken = await TakeBatchAsync(connection, keyPart);
            foreach (var entry in taken)
            {
                await DeliverAsync(keyPart, entry.Element, entry.Score);
            }
        }
        while (taken.Length == DrainCount && !cancellationToken.IsCancellationRequested);
    }

    // At most once: what the server has taken out for an answer that never comes is gone, and nobody knows how much it was.
    private async Task<SortedSetEntry[]> TakeBatchAsync(ClientConnection connection, string keyPart)
    {
        try
        {
            return await connection.Database.SortedSetPopAsync(_parts.Names.InboxKey(keyPart), DrainCount)
                .WaitAsync(_parts.Link.PopDeadline, _parts.Time, CancellationToken.None);
        }
        catch (Exception e) when (e is not RedisServerException)
        {
            _parts.Drops.LostBatch(DrainCount);
            throw;
        }
    }

    // Somebody put something else where an inbox of this process belongs: nobody else reads there, so it can go. The keys
    // of shared channels are not ours to delete.
    private async Task<bool> RemoveForeignAsync(ClientConnection connection)
    {
        var removed = false;
        foreach (var part in _demand.InboxParts)
        {
            RedisKey key = _parts.Names.InboxKey(part);
            if (await connection.Database.KeyTypeAsync(key) is not (RedisType.SortedSet or RedisType.None))
            {
                removed |= await connection.Database.KeyDeleteAsync(key);
                _parts.Drops.Undecodable(_parts.Names.InboxKey(part), 0, "its key is no sorted set");
            }
        }

        return removed;
    }

    private ValueTask DeliverAsync(string keyPart, RedisValue member, double score)
    {
        _positions.Note(keyPart, score);
        return _delivery.DeliverAsync(_host, keyPart, (byte[])member!, score); // members are never null
    }

    // BZPOPMIN looks at its keys in order: taking turns keeps a busy inbox from starving shared channels and the reverse.
    private object[] KeysOf(int version)
    {
        if (version != _keysVersion)
        {
            var inboxes = _demand.InboxParts;
            var shared = _demand.Shared.Wanted;
            _inboxesFirst = ToCommand([.. inboxes, .. shared]);
            _sharedFirst = ToCommand([.. shared, .. inboxes]);
            _keysVersion = version;
        }

        _turn = !_turn;
        return _turn ? _inboxesFirst : _sharedFirst;
    }

    private object[] ToCommand(string[] parts) => parts.Length == 0 ? [] :
        [(RedisKey)_waker.Key, .. parts.Select(part => (object)(RedisKey)_parts.Names.InboxKey(part)), (RedisValue)(long)RedisLinkSettings.BlockTime.TotalSeconds];
}
