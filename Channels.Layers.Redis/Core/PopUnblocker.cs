using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Ends a blocked pop early: when other keys are wanted, when the layer ends, and when its connection was replaced. A pop is
/// unblocked in the server, never given up here, so that what it takes is never lost.
/// </summary>
internal sealed partial class PopUnblocker(RedisLayerParts parts, CoreHost host, PopDemand demand)
{
    private static readonly TimeSpan UnblockRetry = TimeSpan.FromMilliseconds(20);
    private BlockedPop? _blocked;
    private (string RunId, long ClientId) _former;

    /// <summary>A new connection reads from now on.</summary>
    public async Task BeginAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        // A link that went half open leaves a pop blocked in the server, which would take a message for nobody.
        if (_former.ClientId > 0 && !cancellationToken.IsCancellationRequested)
        {
            await TryClientCommandAsync(_former.RunId, "KILL", "ID", _former.ClientId);
        }

        _former = (connection.RunId, connection.ClientId);
    }

    /// <summary>A pop is about to block; false when what it would ask for is no longer what is wanted.</summary>
    /// <param name="version">Of the demand it begins with.</param>
    public bool TryBlock(int version)
    {
        Interlocked.Exchange(ref _blocked, new(version));
        if (demand.Version == version)
        {
            return true;
        }

        Ended();
        return false;
    }

    /// <summary>No pop is blocked any more.</summary>
    public void Ended() => Interlocked.Exchange(ref _blocked, null)?.End();

    /// <summary>Unblocks pops on a connection until it is lost, or until the token is cancelled and the last pop has ended.</summary>
    // The pop and the command that unblocks it travel on two connections and may overtake each other, so it is repeated
    // until the pop has ended.
    public async Task RunAsync(RedisConnection connection, CancellationToken ended)
    {
        while (!connection.Lost.IsCompleted)
        {
            var version = demand.Version;
            var blocked = Volatile.Read(ref _blocked);
            if (blocked is null && ended.IsCancellationRequested)
            {
                return;
            }

            if (blocked is not null && (blocked.Version < version || ended.IsCancellationRequested))
            {
                await TryClientCommandAsync(connection.RunId, "UNBLOCK", connection.ClientId);
                await blocked.Ended.WaitAsync(UnblockRetry, parts.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            await WaitAsync(Task.WhenAny(demand.WaitForChangeAsync(version), connection.Lost), ended);
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

    // On another server, or the same one started again, the number would be somebody else's.
    private async Task TryClientCommandAsync(string runId, params object[] arguments)
    {
        if (host.Link.Current?.RunId != runId)
        {
            return;
        }

        try
        {
            await host.Link.RunAsync(static (database, call) => database.ExecuteAsync("CLIENT", call), arguments, 0, CancellationToken.None);
        }
        catch (ChannelLayerUnavailableException e)
        {
            Log.NotUnblocked(parts.Logger, parts.Alias, e.Message); // the pop then ends by its own time-out
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5013, LogLevel.Debug, "Layer '{Alias}': a blocked pop could not be ended early: {Reason}")]
        public static partial void NotUnblocked(ILogger logger, string alias, string reason);
    }
}
