using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Takes messages from one host with one blocking pop over all keys of this process, on a connection of its own
/// (R-CORE-4A). It outlives the consumers it takes for; a pop is never given up on the wire, it is unblocked.
/// </summary>
internal sealed partial class CoreReader
{
    private const int DrainCount = 128;
    private static readonly TimeSpan UnblockRetry = TimeSpan.FromMilliseconds(20);
    private readonly CoreSettings _settings;
    private readonly CoreHost _host;
    private readonly PopDemand _demand;
    private readonly CoreDelivery _delivery;
    private readonly ReadPositions _positions;
    private (string RunId, long ClientId) _former;
    private int _poppingVersion = int.MaxValue; // of the pop that is blocked; the largest number when none is
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
            Volatile.Write(ref _poppingVersion, int.MaxValue); // nothing is blocked any more
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

        Interlocked.Exchange(ref _poppingVersion, version);
        if (_demand.Version != version)
        {
            Volatile.Write(ref _poppingVersion, int.MaxValue);
            return; // changed before the change could see this pop: begin with the new keys
        }

        var answer = await connection.Database.ExecuteAsync("BZPOPMIN", keys)
            .WaitAsync(_settings.Link.PopDeadline, _settings.Link.Time, CancellationToken.None); // never given up: what was popped must be delivered
        Volatile.Write(ref _poppingVersion, int.MaxValue);
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

    // The pop and the command that unblocks it travel on two connections and may overtake each other, so it is repeated
    // until the pop has ended.
    private async Task UnblockOnChangeAsync(RedisConnection connection, CancellationToken ended)
    {
        while (!connection.Lost.IsCompleted)
        {
            var version = _demand.Version;
            var popping = Volatile.Read(ref _poppingVersion);
            var isBlocked = popping != int.MaxValue;
            if (!isBlocked && ended.IsCancellationRequested)
            {
                return;
            }

            if (isBlocked && (popping < version || ended.IsCancellationRequested))
            {
                await TryClientCommandAsync(connection.RunId, "UNBLOCK", connection.ClientId);
                await Task.Delay(UnblockRetry, _settings.Link.Time, CancellationToken.None);
                continue;
            }

            await WaitAsync(Task.WhenAny(_demand.WaitForChangeAsync(version), connection.Lost), ended);
        }
    }

    private static async Task WaitAsync(Task task, CancellationToken ended)
    {
        try
        {
            await task.WaitAsync(ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return; // ours: the caller looks again and goes on until the pop has ended
        }
    }

    // A link that went half open leaves a pop blocked in the server, which would take a message for nobody (REL-25).
    private async Task EndFormerPopAsync(CancellationToken cancellationToken)
    {
        if (_former.ClientId > 0 && !cancellationToken.IsCancellationRequested)
        {
            await TryClientCommandAsync(_former.RunId, "KILL", "ID", _former.ClientId);
        }
    }

    // On another server, or the same one started again, the number would be somebody else's.
    private async Task TryClientCommandAsync(string runId, params object[] arguments)
    {
        if (_host.Link.Current?.RunId != runId)
        {
            return;
        }

        try
        {
            await _host.Link.RunAsync(static (database, call) => database.ExecuteAsync("CLIENT", call), arguments, 0, CancellationToken.None);
        }
        catch (ChannelLayerUnavailableException e)
        {
            Log.NotUnblocked(_settings.Link.Logger, _settings.Link.Alias, e.Message); // the pop then ends by its own time-out
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5013, LogLevel.Debug, "Layer '{Alias}': a blocked pop could not be ended early: {Reason}")]
        public static partial void NotUnblocked(ILogger logger, string alias, string reason);
    }
}
