using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Ends a blocked pop early: when other keys are wanted, when the layer ends, and when its connection was replaced. Each pop
/// also asks for a key of this process, and what is put there ends it as any message does: without a right to do anything
/// with connections, without losing what it takes, and whether it is put there before or after the pop has begun.
/// </summary>
internal sealed partial class PopWaker(RedisLayerParts parts, CoreHost host, PopDemand demand)
{
    private const int None = -1;
    private const int SecondsToLive = 60; // a process that died leaves nothing behind
    private int _blocked = None;

    /// <summary>The key that belongs in front of what a pop asks for.</summary>
    public string Key { get; } = parts.Names.WakeKey(parts.ProcessId);

    /// <summary>A pop is about to block; false when what it would ask for is no longer what is wanted.</summary>
    /// <param name="version">Of the demand it begins with.</param>
    /// <param name="stop">Ends the work.</param>
    public bool TryBlock(int version, CancellationToken stop)
    {
        Interlocked.Exchange(ref _blocked, version); // before the look: either this sees the change, or the change sees the pop
        if (demand.Version == version && !stop.IsCancellationRequested)
        {
            return true;
        }

        Ended();
        return false;
    }

    /// <summary>No pop is blocked any more.</summary>
    public void Ended() => Interlocked.Exchange(ref _blocked, None);

    /// <summary>Wakes pops until the token is cancelled, and the last one then.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var version = demand.Version;
        while (!stop.IsCancellationRequested)
        {
            await demand.WaitForChangeAsync(version).WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            version = demand.Version;
            var blocked = Volatile.Read(ref _blocked);
            if (blocked != None && (blocked != version || stop.IsCancellationRequested))
            {
                await WakeAsync();
            }
        }
    }

    /// <summary>Ends the pop that has been blocked for longest, or the next one.</summary>
    public async Task WakeAsync()
    {
        try
        {
            await CoreScripts.Wake.RunAsync(host.Link, [Key], [SecondsToLive], 0, CancellationToken.None);
        }
        catch (ChannelLayerUnavailableException e)
        {
            Log.NotWoken(parts.Logger, parts.Alias, e.Message); // the pop then ends by its own time-out
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5013, LogLevel.Debug, "Layer '{Alias}': a blocked pop could not be ended early: {Reason}")]
        public static partial void NotWoken(ILogger logger, string alias, string reason);
    }
}
