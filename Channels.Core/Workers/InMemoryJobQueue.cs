using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>
/// A job queue in this process's memory, for tests and development: it forgets with the process what it should keep.
/// </summary>
internal sealed class InMemoryJobQueue(IOptions<JobQueueOptions> options, TimeProvider time) : IJobQueue
{
    private readonly ConcurrentDictionary<string, Line> _lines = new(StringComparer.Ordinal);

    public ValueTask SendAsync(string channel, ChannelMessage job, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(job);
        var line = LineOf(channel);
        var size = MessageSize.Of(job); // runs getters of the application's records, which may throw: before anything is taken
        line.Enter(channel, size, options.Value);
        line.Waiting.Writer.TryWrite(new Entry(line, job, size));
        return ValueTask.CompletedTask;
    }

    public async ValueTask<TakenJob> TakeAsync(string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        while (true)
        {
            var entry = await LineOf(channel).Waiting.Reader.ReadAsync(cancellationToken);
            if (entry.TryTake(options.Value, time) is { } job)
            {
                return job;
            }
        }
    }

    private Line LineOf(string channel) => _lines.GetOrAdd(channel, static _ => new Line());

    private sealed class Line
    {
        private readonly Lock _lock = new();
        private int _unfinished;
        private long _bytes;

        public Channel<Entry> Waiting { get; } = Channel.CreateUnbounded<Entry>();

        // In one step: a job that is refused must never take the place of one that fits.
        public void Enter(string channel, long size, JobQueueOptions options)
        {
            lock (_lock)
            {
                if (_unfinished >= options.Capacity)
                {
                    throw new ChannelFullException(channel, options.Capacity);
                }

                if (_bytes + size > options.MaxBytes)
                {
                    throw ChannelFullException.ForBytes(channel, options.MaxBytes, "Channels:Jobs:MaxBytes");
                }

                (_unfinished, _bytes) = (_unfinished + 1, _bytes + size);
            }
        }

        public void Leave(long size)
        {
            lock (_lock)
            {
                (_unfinished, _bytes) = (_unfinished - 1, _bytes - size);
            }
        }
    }

    /// <summary>One job from sending to its end; the hand number tells its present holder from former ones.</summary>
    private sealed class Entry(Line line, ChannelMessage message, long size)
    {
        private readonly Lock _lock = new();
        private ITimer? _silence;
        private int _attempts;
        private int _hand;
        private bool _done;

        public HeldJob? TryTake(JobQueueOptions options, TimeProvider time)
        {
            lock (_lock)
            {
                if (_done)
                {
                    return null; // a worker that was given up has finished it after all
                }

                var hand = ++_hand;
                _silence = time.CreateTimer(_ => GiveBack(hand, null), null, options.VisibilityTime, Timeout.InfiniteTimeSpan);
                return new HeldJob(this, hand, options, message, _attempts + 1);
            }
        }

        public bool Renew(int hand, int attempt, TimeSpan visibility)
        {
            lock (_lock)
            {
                if (hand != _hand || _done)
                {
                    return false;
                }

                _attempts = attempt - 1;
                return _silence!.Change(visibility, Timeout.InfiniteTimeSpan); // made when it was taken
            }
        }

        public void Complete()
        {
            lock (_lock)
            {
                if (!_done)
                {
                    _done = true;
                    _silence?.Dispose();
                    line.Leave(size);
                }
            }
        }

        /// <summary>Puts the job back into the line; null counts the attempt at hand.</summary>
        public void GiveBack(int hand, int? attempts)
        {
            lock (_lock)
            {
                if (hand == _hand && !_done)
                {
                    _attempts = attempts ?? _attempts + 1;
                    _hand++;
                    _silence!.Dispose(); // made when it was taken
                    line.Waiting.Writer.TryWrite(this);
                }
            }
        }
    }

    private sealed class HeldJob(Entry entry, int number, JobQueueOptions options, ChannelMessage message, int attempt) : TakenJob(message, attempt)
    {
        private int _attempt = attempt;

        public override TimeSpan RenewPeriod => options.RenewPeriod;

        public override ValueTask CompleteAsync(CancellationToken cancellationToken = default)
        {
            entry.Complete();
            return ValueTask.CompletedTask;
        }

        public override ValueTask ReleaseAsync(bool countAttempt, CancellationToken cancellationToken = default)
        {
            entry.GiveBack(number, countAttempt ? Volatile.Read(ref _attempt) : Attempt - 1);
            return ValueTask.CompletedTask;
        }

        public override ValueTask<bool> RenewAsync(int attempt, CancellationToken cancellationToken = default)
        {
            Volatile.Write(ref _attempt, attempt);
            return ValueTask.FromResult(entry.Renew(number, attempt, options.VisibilityTime));
        }
    }
}
