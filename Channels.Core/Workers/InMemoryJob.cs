namespace Channels;

/// <summary>One job of an <see cref="InMemoryJobQueue"/> from sending to its end; the hand number tells its present holder from former ones. Thread-safe.</summary>
internal sealed class InMemoryJob(InMemoryJobLine line, ChannelMessage message)
{
    private readonly Lock _lock = new();
    private ITimer? _silence;
    private int _attempts;
    private int _hand;

    /// <summary>Bytes it holds, roughly.</summary>
    /// <remarks>Measured when it is made: that runs getters of the application's records, which may throw.</remarks>
    public long Size { get; } = MessageSize.Of(message);

    public bool IsDone { get; private set; }

    /// <summary>Takes it; null when a worker that was given up has finished it after all.</summary>
    public TakenJob? TryTake(JobQueueOptions options, TimeProvider time)
    {
        lock (_lock)
        {
            if (IsDone)
            {
                return null;
            }

            var hand = ++_hand;
            _silence = time.CreateTimer(_ => GiveBack(hand, null), null, options.VisibilityTime, Timeout.InfiniteTimeSpan);
            return new HeldJob(this, hand, options, message, _attempts + 1);
        }
    }

    private bool Renew(int hand, int attempt, TimeSpan visibility)
    {
        lock (_lock)
        {
            if (hand != _hand || IsDone)
            {
                return false;
            }

            _attempts = attempt - 1;
            return _silence!.Change(visibility, Timeout.InfiniteTimeSpan); // made when it was taken
        }
    }

    private void Complete()
    {
        lock (_lock)
        {
            if (IsDone)
            {
                return;
            }

            IsDone = true;
            _silence?.Dispose();
        }

        line.Leave(this); // without the lock, which the line takes behind its own
    }

    // Puts the job back into the line; null counts the attempt at hand.
    private void GiveBack(int hand, int? attempts)
    {
        lock (_lock)
        {
            if (hand == _hand && !IsDone)
            {
                _attempts = attempts ?? _attempts + 1;
                _hand++;
                _silence!.Dispose(); // made when it was taken
                line.Wait(this);
            }
        }
    }

    private sealed class HeldJob(InMemoryJob job, int hand, JobQueueOptions options, ChannelMessage message, int attempt) : TakenJob(message, attempt)
    {
        private int _attempt = attempt;

        public override TimeSpan RenewPeriod => options.RenewPeriod;

        public override ValueTask CompleteAsync(CancellationToken cancellationToken = default)
        {
            job.Complete();
            return ValueTask.CompletedTask;
        }

        public override ValueTask ReleaseAsync(bool countAttempt, CancellationToken cancellationToken = default)
        {
            job.GiveBack(hand, countAttempt ? Volatile.Read(ref _attempt) : Attempt - 1);
            return ValueTask.CompletedTask;
        }

        public override ValueTask<bool> RenewAsync(int attempt, CancellationToken cancellationToken = default)
        {
            Volatile.Write(ref _attempt, attempt);
            return ValueTask.FromResult(job.Renew(hand, attempt, options.VisibilityTime));
        }
    }
}
