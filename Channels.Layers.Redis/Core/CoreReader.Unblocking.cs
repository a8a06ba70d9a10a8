using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>How a blocked pop is ended early: when other keys are wanted, when the layer ends, and when its connection was replaced.</summary>
internal sealed partial class CoreReader
{
    private static readonly TimeSpan UnblockRetry = TimeSpan.FromMilliseconds(20);
    private BlockedPop? _blocked;
    private (string RunId, long ClientId) _former;

    // The pop and the command that unblocks it travel on two connections and may overtake each other, so it is repeated
    // until the pop has ended.
    private async Task UnblockOnChangeAsync(RedisConnection connection, CancellationToken ended)
    {
        while (!connection.Lost.IsCompleted)
        {
            var version = _demand.Version;
            var blocked = Volatile.Read(ref _blocked);
            if (blocked is null && ended.IsCancellationRequested)
            {
                return;
            }

            if (blocked is not null && (blocked.Version < version || ended.IsCancellationRequested))
            {
                await TryClientCommandAsync(connection.RunId, "UNBLOCK", connection.ClientId);
                await blocked.Ended.WaitAsync(UnblockRetry, _settings.Link.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

    private void EndPop() => Interlocked.Exchange(ref _blocked, null)?.End();

    private static partial class Log
    {
        [LoggerMessage(5013, LogLevel.Debug, "Layer '{Alias}': a blocked pop could not be ended early: {Reason}")]
        public static partial void NotUnblocked(ILogger logger, string alias, string reason);
    }
}
