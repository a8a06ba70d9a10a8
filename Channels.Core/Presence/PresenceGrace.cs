namespace Channels;

/// <summary>
/// Connections that have ended and whose keys stay for a moment, so that whoever comes back in time was never away. When the host
/// stops, they leave at once. Thread-safe.
/// </summary>
/// <param name="presence">Where they are present.</param>
/// <param name="grace">How long they stay; zero for not at all.</param>
/// <param name="time">The clock.</param>
internal sealed class PresenceGrace(IGroupPresence presence, TimeSpan grace, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Queue<(string Group, string Connection, long LeavesAt)> _leaving = new(); // all stay as long, so the first to leave stands first
    private ITimer? _timer;
    private bool _ended;

    /// <summary>A connection has ended.</summary>
    public ValueTask LeaveAsync(string group, string connection)
    {
        lock (_lock)
        {
            if (grace == TimeSpan.Zero || _ended)
            {
                return presence.UntrackAsync(group, connection);
            }

            _leaving.Enqueue((group, connection, time.GetTimestamp() + (long)(grace.TotalSeconds * time.TimestampFrequency)));
            _timer ??= time.CreateTimer(static state => ((PresenceGrace)state!).LeaveDue(), this, grace, Timeout.InfiniteTimeSpan);
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        (string Group, string Connection, long LeavesAt)[] left;
        lock (_lock)
        {
            _ended = true;
            _timer?.Dispose();
            _timer = null;
            left = [.. _leaving];
            _leaving.Clear();
        }

        await Task.WhenAll(left.Select(leaving => LeaveNowAsync(leaving.Group, leaving.Connection)));
    }

    private void LeaveDue()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            while (_leaving.TryPeek(out var next) && next.LeavesAt <= now)
            {
                _leaving.Dequeue();
                _ = LeaveNowAsync(next.Group, next.Connection);
            }

            if (_leaving.TryPeek(out var first))
            {
                _timer?.Change(time.GetElapsedTime(now, first.LeavesAt), Timeout.InfiniteTimeSpan);
            }
            else
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    private async Task LeaveNowAsync(string group, string connection)
    {
        try
        {
            await presence.UntrackAsync(group, connection);
        }
        catch (ChannelLayerUnavailableException)
        {
            // The lease of this process ends it.
        }
    }
}
