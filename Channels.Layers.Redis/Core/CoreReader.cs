using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Takes messages from one host with one blocking pop over all keys of this process, on a connection of its own
/// (R-CORE-4A). It outlives the consumers it takes for; a pop is never given up on the wire, it is unblocked.
/// </summary>
internal sealed partial class CoreReader
{
    private const int DrainCount = 128;
    private readonly CoreSettings _settings;
    private readonly CoreHost _host;
    private readonly PopDemand _demand;
    private readonly CoreDelivery _delivery;
    private readonly ReadPositions _positions;
    private object[] _inboxesFirst = [];
    private object[] _sharedFirst = [];
    private int _keysVersion = -1;
    private bool _turn;

    public CoreReader(CoreSettings settings, RedisHostAddress address, CoreHost host, PopDemand demand, CoreDelivery delivery)
    {
        (_settings, _host, _demand, _delivery) = (settings, host, demand, delivery);
        _positions = new(settings);
        Link = new(settings.Link, address, RedisLinkRole.Pops, ReadAsync);
    }

    public RedisLink Link { get; }

    private async Task ReadAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        await EndFormerPopAsync(cancellationToken);
        _former = (connection.RunId, connection.ClientId);
        await _positions.MeetAsync(connection);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var unblocking = UnblockOnChangeAsync(connection, ended.Token);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await PopAsync(connection, cancellationToken);
            }
        }
        finally
        {
            EndPop(); // nothing is blocked any more
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

        Interlocked.Exchange(ref _blocked, new(version));
        if (_demand.Version != version)
        {
            EndPop();
            return; // changed before the change could see this pop: begin with the new keys
        }

        RedisResult answer;
        try
        {
            answer = await connection.Database.ExecuteAsync("BZPOPMIN", keys)
                .WaitAsync(_settings.Link.PopDeadline, _settings.Link.Time, CancellationToken.None); // never given up: what was popped must be delivered
        }
        catch (RedisServerException e) when (e.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal) && !cancellationToken.IsCancellationRequested)
        {
            EndPop();
            if (!await RemoveForeignAsync(connection))
            {
                throw;
            }

            return;
        }

        EndPop();
        if (answer.IsNull)
        {
            return;
        }

        var parts = (RedisValue[])answer!; // checked above
        var keyPart = ((string)parts[0]!)[_settings.Names.Prefix.Length..]; // a key we asked for
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
            var answer = await connection.Database.ExecuteAsync("ZPOPMIN", (RedisKey)_settings.Names.InboxKey(keyPart), (RedisValue)DrainCount)
                .WaitAsync(_settings.Link.PopDeadline, _settings.Link.Time, CancellationToken.None);
            taken = (RedisValue[]?)answer ?? [];
            for (var i = 0; i + 1 < taken.Length; i += 2)
            {
                await DeliverAsync(keyPart, taken[i], (double)taken[i + 1]);
            }
        }
        while (taken.Length == 2 * DrainCount && !cancellationToken.IsCancellationRequested);
    }

    // Somebody put something else where an inbox of this process belongs: nobody else reads there, so it can go. The keys
    // of shared channels are not ours to delete.
    private async Task<bool> RemoveForeignAsync(RedisConnection connection)
    {
        var removed = false;
        foreach (var part in _demand.InboxParts)
        {
            RedisKey key = _settings.Names.InboxKey(part);
            if (await connection.Database.KeyTypeAsync(key) is not (RedisType.SortedSet or RedisType.None))
            {
                removed |= await connection.Database.KeyDeleteAsync(key);
                _settings.Drops.Undecodable(_settings.Names.InboxKey(part), 0, "its key is no sorted set");
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
        [.. parts.Select(part => (object)(RedisKey)_settings.Names.InboxKey(part)), (RedisValue)(long)RedisLinkSettings.BlockTime.TotalSeconds];
}
