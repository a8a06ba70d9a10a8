using System.Threading.Channels;

namespace Channels;

/// <summary>The jobs of one channel of an <see cref="InMemoryJobQueue"/>: those that wait for a worker, and those that wait for their time. Thread-safe.</summary>
internal sealed class InMemoryJobLine(string channel, JobQueueOptions options, TimeProvider time) : IDisposable
{
    // A timer is set anew at least that often: the clock may be put forward meanwhile, and timers have bounds.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private readonly Lock _lock = new();
    private readonly Channel<InMemoryJob> _waiting = Channel.CreateUnbounded<InMemoryJob>();
    private readonly SortedDictionary<(DateTimeOffset Due, long Order), (string Id, InMemoryJob Job)> _delayed = [];
    private readonly Dictionary<string, (DateTimeOffset Due, long Order)> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DateTimeOffset Due, InMemoryJob? Job)> _occurrences = new(StringComparer.Ordinal);
    private ITimer? _timer;
    private bool _disposed;
    private long _order;
    private int _unfinished;
    private long _bytes;

    public ChannelReader<InMemoryJob> Waiting => _waiting.Reader;

    /// <summary>How many jobs wait for their time.</summary>
    public long Delayed
    {
        get
        {
            lock (_lock)
            {
                return _delayed.Count;
            }
        }
    }

    public void Send(ChannelMessage message)
    {
        var job = new InMemoryJob(this, message);
        lock (_lock)
        {
            Enter(job);
            Wait(job);
        }
    }

    public void Schedule(ChannelMessage message, JobStart start, string id)
    {
        var job = new InMemoryJob(this, message);
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var due = start.ToTime(now);
            Enter(job, replaced: _byId.TryGetValue(id, out var place) ? _delayed[place].Job : null);
            Remove(id);
            if (due <= now)
            {
                Wait(job);
                return;
            }

            _delayed.Add(_byId[id] = (due, _order++), (id, job));
            SetTimer(now);
        }
    }

    public bool Cancel(string id)
    {
        lock (_lock)
        {
            return Remove(id) is { } job && Leave(job);
        }
    }

    public bool SendOccurrence(ChannelMessage message, string name, DateTimeOffset due, DateTimeOffset? previous)
    {
        var job = new InMemoryJob(this, message);
        lock (_lock)
        {
            var isKnown = _occurrences.TryGetValue(name, out var last);
            if (isKnown && last.Due >= due)
            {
                return false;
            }

            if (last.Job is { IsDone: false } || (!isKnown && previous is null))
            {
                _occurrences[name] = (due, last.Job);
                return false;
            }

            Enter(job);
            _occurrences[name] = (due, job);
            Wait(job);
            return true;
        }
    }

    /// <summary>Lets a job wait for a worker, behind the others.</summary>
    public void Wait(InMemoryJob job) => _waiting.Writer.TryWrite(job);

    /// <summary>Makes the place of a job free. Always true.</summary>
    public bool Leave(InMemoryJob job)
    {
        lock (_lock)
        {
            (_unfinished, _bytes) = (_unfinished - 1, _bytes - job.Size);
            return true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _timer?.Dispose();
        }
    }

    // In one step: a job that is refused must never take the place of one that fits.
    private void Enter(InMemoryJob job, InMemoryJob? replaced = null)
    {
        var (unfinished, bytes) = replaced is null ? (_unfinished, _bytes) : (_unfinished - 1, _bytes - replaced.Size);
        if (unfinished >= options.Capacity)
        {
            throw new ChannelFullException(channel, options.Capacity);
        }

        if (bytes + job.Size > options.MaxBytes)
        {
            throw ChannelFullException.ForBytes(channel, options.MaxBytes, "Channels:Jobs:MaxBytes");
        }

        (_unfinished, _bytes) = (unfinished + 1, bytes + job.Size);
    }

    private InMemoryJob? Remove(string id)
    {
        if (!_byId.Remove(id, out var place))
        {
            return null;
        }

        _delayed.Remove(place, out var found);
        return found.Job;
    }

    private void StartDue()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            while (_delayed.Count > 0 && _delayed.First() is var (place, (id, job)) && place.Due <= now)
            {
                Remove(id);
                Wait(job);
            }

            SetTimer(now);
        }
    }

    // One timer for all: to the first that is due. That may be past already, where the timer has not come to it yet, and must be no
    // negative time: minus one millisecond is "never" to a timer, and what is less an error.
    private void SetTimer(DateTimeOffset now)
    {
        if (_delayed.Count == 0 || _disposed)
        {
            return;
        }

        var wait = _delayed.First().Key.Due - now;
        _timer ??= time.CreateTimer(static line => ((InMemoryJobLine)line!).StartDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // made with this
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(Math.Clamp(wait.TotalMilliseconds, 0, LongestWait.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }
}
