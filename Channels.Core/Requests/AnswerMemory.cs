namespace Channels;

/// <summary>
/// What a process is at work on, and what it has answered: a request that is delivered once more is not carried out once more.
/// Replies are kept until nobody waits for them, within a bound. Thread-safe.
/// </summary>
/// <param name="maxBytes">How many bytes of replies are kept.</param>
/// <param name="time">The clock.</param>
internal sealed class AnswerMemory(long maxBytes, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, AnswerRun> _runs = new(StringComparer.Ordinal);
    private readonly LinkedList<AnswerRun> _done = new(); // oldest first
    private ITimer? _sweep; // there while something is kept
    private long _bytes;
    private bool _ended;

    /// <summary>How many requests are known.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _runs.Count;
            }
        }
    }

    /// <summary>
    /// Begins to carry a request out. Null when it was delivered before: then <paramref name="known"/> is what was replied, or it
    /// is replied once more when it is done.
    /// </summary>
    public AnswerRun? TryBegin(RequestMark mark, TimeSpan timeout, CancellationTokenSource cancellation, out ChannelMessage? known)
    {
        lock (_lock)
        {
            if (_runs.TryGetValue(mark.Id, out var other))
            {
                known = other.Reply;
                other.Deliveries += known is null ? 1 : 0;
                return null;
            }

            known = null;
            var run = new AnswerRun(mark, time.GetTimestamp() + (long)(timeout.TotalSeconds * time.TimestampFrequency), cancellation);
            _runs.Add(mark.Id, run);
            return run;
        }
    }

    /// <summary>Keeps what is replied; gives how often it is to be sent.</summary>
    public int Complete(AnswerRun run, ChannelMessage reply)
    {
        lock (_lock)
        {
            run.End(reply);
            _done.AddLast(run);
            _bytes += run.Bytes;
            while (_bytes > maxBytes && _done.First is { } oldest)
            {
                Forget(oldest);
            }

            if (_done.Count > 0 && !_ended)
            {
                _sweep ??= time.CreateTimer(static memory => ((AnswerMemory)memory!).Sweep(), this, SweepInterval, SweepInterval);
            }

            return run.Deliveries;
        }
    }

    /// <summary>The request was not carried out, or nobody wants to know; if it comes once more, it begins anew.</summary>
    public void Abandon(AnswerRun run)
    {
        lock (_lock)
        {
            run.End(null);
            _runs.Remove(run.Mark.Id);
        }
    }

    /// <summary>What was replied to a request, and where to; null while it is being carried out, and when it is not known.</summary>
    public (RequestMark Mark, ChannelMessage Reply)? Find(string id)
    {
        lock (_lock)
        {
            return _runs.TryGetValue(id, out var run) && run.Reply is { } reply ? (run.Mark, reply) : null;
        }
    }

    /// <summary>The answer is no longer wanted: ends the work, if it goes on.</summary>
    public void Cancel(string id)
    {
        lock (_lock)
        {
            if (_runs.TryGetValue(id, out var run))
            {
                _ = run.Cancellation?.CancelAsync(); // what follows runs elsewhere
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
            _sweep?.Dispose();
            _sweep = null;
        }
    }

    private void Sweep()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            for (var place = _done.First; place is not null;)
            {
                var next = place.Next;
                if (place.Value.ExpiresAt <= now)
                {
                    Forget(place);
                }

                place = next;
            }

            if (_done.Count == 0)
            {
                _sweep?.Dispose();
                _sweep = null;
            }
        }
    }

    private void Forget(LinkedListNode<AnswerRun> place)
    {
        _bytes -= place.Value.Bytes;
        _runs.Remove(place.Value.Mark.Id);
        _done.Remove(place);
    }
}
