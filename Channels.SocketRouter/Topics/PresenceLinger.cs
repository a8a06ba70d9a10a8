using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Channels.SocketRouter;

/// <summary>
/// Ends the presence of connections that dropped, a little later: a client that comes back at once was never away. That is two seconds,
/// which a client of the router needs at most, or what the host gives all its consumers when that is longer. Thread-safe.
/// </summary>
internal sealed class PresenceLinger(TimeProvider time, IOptions<PresenceOptions> presence, RouterFaults faults) : IDisposable
{
    private static readonly TimeSpan ToComeBack = TimeSpan.FromSeconds(2);
    private readonly TimeSpan _grace = presence.Value.Grace > ToComeBack ? presence.Value.Grace : ToComeBack;
    private readonly ConcurrentDictionary<(string Group, string Connection), ITimer> _leaving = new();

    /// <summary>Ends it when the grace is over.</summary>
    public void LeaveLater(IGroupPresence presence, string group, string connection)
    {
        var timer = time.CreateTimer(_ => Leave(presence, group, connection), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _leaving[(group, connection)] = timer; // there before it can fire
        timer.Change(_grace, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The process ends: its layer takes all its presence back at once.</summary>
    public void Dispose()
    {
        foreach (var timer in _leaving.Values)
        {
            timer.Dispose();
        }
    }

    private async void Leave(IGroupPresence presence, string group, string connection)
    {
        if (_leaving.TryRemove((group, connection), out var timer))
        {
            timer.Dispose();
        }

        try
        {
            await presence.UntrackAsync(group, connection);
        }
        catch (Exception error) when (error is ChannelLayerUnavailableException or ObjectDisposedException or OperationCanceledException)
        {
            // It ends with the process' lease.
        }
        catch (Exception error)
        {
            faults.LeaveFailed(error); // nobody waits for a timer: what left it would end the process
        }
    }
}
