using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Takes messages from one host with one blocking pop over all keys of this process, on a connection of its own. It outlives the consumers it takes for; a pop is never given up on the wire, it is unblocked.
/// </summary>
internal sealed class CoreReader
{
    private const int DrainCount = 128;
    private readonly RedisLayerParts _parts;
    private readonly CoreHost _host;
    private readonly PopDemand _demand;
    private readonly CoreDelivery _delivery;
    private readonly ReadPositions _positions;
    private readonly PopUnblocker _unblocker;
    private readonly RedisRefusal _refusal;
    private object[] _inboxesFirst = [];
    private object[] _sharedFirst = [];
    private int _keysVersion = -1;
    private bool _turn;

    public CoreReader(RedisLayerParts parts, RedisHostAddress address, CoreHost host, PopDemand demand, CoreDelivery delivery)
    {
        (_parts, _host, _demand, _delivery) = (parts, host, demand, delivery);
        _positions = new(parts);
        _unblocker = new(parts, host, demand);
        _refusal = new(parts.Link, address.Display);
        Link = new(parts.Link, address, RedisLinkRole.Pops, ReadAsync);
    }

    public RedisLink Link { get; }

    private async Task ReadAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        await _unblocker.BeginAsync(connection, cancellationToken);
        _parts.NoteBack();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var unblocking = _unblocker.RunAsync(connection, ended.Token);
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
                    _unblocker.Ended();
                    await _refusal.WaitAsync(e, cancellationToken);
                }
            }
        }
        finally
        {
            _unblocker.Ended(); // nothing is blocked any more
            await ended.CancelAsync();
            await unblocking;
        }
    }

    private async Task PopAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var version = _demand.Version;
        var keys = KeysOf(version);
        if (keys.Length == 0)
        {
            await _demand.WaitForChangeAsync(version).WaitAsync(cancellationToken);
            return;
        }

        if (!_unblocker.TryBlock(version))
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
            _unblocker.Ended();
            if (!await RemoveForeignAsync(connection))
            {
                throw;
            }

            return;
        }

        _unblocker.Ended();
        if (answer.IsNull)
        {
            return;
        }

        var parts = (RedisValue[])answer!; // checked above
        var keyPart = ((string)parts[0]!)[_parts.Names.Prefix.Length..]; // a key we asked for
        await DeliverAsync(keyPart, parts[1], (double)parts[2]); // BZPOPMIN answers key, member, score
        if (_demand.IsInbox(keyPart))
        {
            await DrainAsync(connection, keyPart, cancellationToken);
        }
    }

    // One inbox serves the whole process, so what has piled up is fetched in batches. Shared channels are popped one at
    // a time, so that other workers get their share.
    private async Task DrainAsync(RedisConnection connection, string keyPart, CancellationToken cancellationToken)
    {
        RedisValue[] taken;
        do
        {
            taken = await TakeBatchAsync(connection, keyPart);
            for (var i = 0; i + 1 < taken.Length; i += 2)
            {
                await DeliverAsync(keyPart, taken[i], (double)taken[i + 1]);
            }
        }
        while (taken.Length == 2 * DrainCount && !cancellationToken.IsCancellationRequested);
    }

    // At most once: what the server has taken out for an answer that never comes is gone, and nobody knows how much it was.
    private async Task<RedisValue[]> TakeBatchAsync(RedisConnection connection, string keyPart)
    {
        try
        {
            var answer = await connection.Database.ExecuteAsync("ZPOPMIN", (RedisKey)_parts.Names.InboxKey(keyPart), (RedisValue)DrainCount)
                .WaitAsync(_parts.Link.PopDeadline, _parts.Time, CancellationToken.None);
            return (RedisValue[]?)answer ?? [];
        }
        catch (Exception e) when (e is not RedisServerException)
        {
            _parts.Drops.LostBatch(DrainCount);
            throw;
        }
    }

    // Somebody put something else where an inbox of this process belongs: nobody else reads there, so it can go. The keys
    // of shared channels are not ours to delete.
    private async Task<bool> RemoveForeignAsync(RedisConnection connection)
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
        [.. parts.Select(part => (object)(RedisKey)_parts.Names.InboxKey(part)), (RedisValue)(long)RedisLinkSettings.BlockTime.TotalSeconds];
}
