namespace Channels.Layers.Redis;

/// <summary>
/// Starts the delayed jobs of a channel when their time has come: one timer, set to the first of them as the server tells it.
/// Every process that reads the channel does; who comes first moves the jobs. Thread-safe.
/// </summary>
/// <param name="queue">The queue.</param>
/// <param name="channel">The channel.</param>
/// <param name="time">The clock of the timer; the time of the jobs is the server's.</param>
internal sealed class RedisDueJobs(RedisJobQueue queue, string channel, TimeProvider time) : IAsyncDisposable
{
    // Jobs that are due one right after the other are started together, instead of the server being asked for each.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private Task _starting = Task.CompletedTask;
    private TimeSpan? _set;
    private bool _disposed;
    private long _count;

    /// <summary>How many jobs waited for their time when the server was last asked.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Notes what the server said: how long until the next job is due (negative: there is none), and how many there are.</summary>
    public void Note(long milliseconds, long count)
    {
        Volatile.Write(ref _count, count);
        if (milliseconds < 0)
        {
            return;
        }

        lock (_lock)
        {
            var wait = TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, ShortestWait.TotalMilliseconds, LongestWait.TotalMilliseconds));
            var due = time.GetElapsedTime(0) + wait;
            if (_disposed || _set <= due)
            {
                return; // answers may overtake each other: too early does no harm
            }

            _set = due;
            _timer ??= time.CreateTimer(static jobs => ((RedisDueJobs)jobs!).Start(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // made with this
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task starting;
        lock (_lock)
        {
            _disposed = true;
            _timer?.Dispose();
            starting = _starting;
        }

        await starting;
    }

    private void Start()
    {
        lock (_lock)
        {
            _set = null;
            _starting = _disposed ? _starting : StartAsync();
        }
    }

    private async Task StartAsync()
    {
        try
        {
            var answer = (long[])(await queue.RunAsync(DelayedJobScripts.StartDue, channel, [], CancellationToken.None))!; // two numbers
            Note(answer[0], answer[1]);
        }
        catch (Exception error) when (error is ChannelLayerUnavailableException or InvalidOperationException)
        {
            // The reader, which asks the same of the server, tells of it and asks again when that is back.
        }
    }
}
