namespace Channels.Layers.Redis;

/// <summary>
/// Says when commands have waited too long. Those that are sent within a slice of the time-out share one timer, so that the last of them
/// waits a slice less: a timer for each would be the dearest part of a command. Thread-safe.
/// </summary>
/// <param name="timeout">The longest wait.</param>
/// <param name="time">The clock.</param>
internal sealed class CommandDeadline(TimeSpan timeout, TimeProvider time)
{
    private const int Slices = 16;
    private readonly TimeSpan _slice = timeout / Slices;
    private Slice? _current;

    /// <summary>A token that fires when a command that is sent now has waited too long.</summary>
    public CancellationToken Next()
    {
        var current = Volatile.Read(ref _current);
        if (current is null || time.GetElapsedTime(current.Begun) >= _slice)
        {
            // Two that begin one at the same time have one timer too many, and nobody waits longer.
            current = new Slice(time.GetTimestamp(), new CancellationTokenSource(timeout, time).Token);
            Volatile.Write(ref _current, current);
        }

        return current.Deadline;
    }

    private sealed record Slice(long Begun, CancellationToken Deadline);
}
