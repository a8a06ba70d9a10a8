using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Channels.SocketIO;

/// <summary>
/// Which processes are known to hold sessions. A client may write what it likes into a session's id: names of processes that
/// nobody has heard of are asked for in small numbers only, so that it cannot fill a layer with messages to nobody. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without wait handle holds nothing to release.")]
internal sealed class SessionOwners(TimeProvider time)
{
    private const int MostKnown = 4096;
    private const int MostAsked = 16;

    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, long> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _asking = new(MostAsked);

    /// <summary>Whether a process has answered lately.</summary>
    public bool IsKnown(string owner) => _known.TryGetValue(owner, out var seen) && time.GetElapsedTime(seen) < Trust;

    /// <summary>A process has answered.</summary>
    public void OnAnswered(string owner)
    {
        if (_known.Count >= MostKnown)
        {
            _known.Clear(); // processes come and go; those that live are asked for once more
        }

        _known[owner] = time.GetTimestamp();
    }

    /// <summary>A process does not answer any more.</summary>
    public void OnSilent(string owner) => _known.TryRemove(owner, out _);

    /// <summary>Asks for a process that is not known.</summary>
    /// <param name="owner">Its name.</param>
    /// <param name="ask">Asks it; false when it does not answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> FindAsync(string owner, Func<Task<bool>> ask, CancellationToken cancellationToken)
    {
        if (IsKnown(owner))
        {
            return true;
        }

        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (!IsKnown(owner) && await ask())
            {
                OnAnswered(owner);
            }
        }
        finally
        {
            _asking.Release();
        }

        return IsKnown(owner);
    }
}
