using System.Collections.Concurrent;

namespace Channels;

/// <summary>
/// The history of the groups of an in-memory layer, in the same memory. A group's messages are written down and sent under
/// the group's own lock, so that both orders are one.
/// </summary>
internal sealed class InMemoryHistory(InMemoryChannelLayer layer, HistoryOptions options, TimeProvider time) : IGroupHistory
{
    // When there is too much, a little more than that is forgotten: looking for what goes means looking at all groups.
    private const double Refill = 0.9;

    private readonly ConcurrentDictionary<string, GroupLog> _logs = new(StringComparer.Ordinal);
    private readonly long _maxAge = (long)(options.MaxAge.TotalSeconds * time.TimestampFrequency);
    private readonly Lock _forgetting = new();
    private long _nextSweep = time.GetTimestamp() + (long)(options.MaxAge.TotalSeconds * time.TimestampFrequency);
    private long _bytes;

    /// <summary>How many groups are known.</summary>
    public int GroupCount => _logs.Count;

    public ValueTask<HistoryPosition> PublishAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) =>
        new(Write(group, message, send: true));

    public ValueTask<HistoryPosition> AppendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) =>
        new(Write(group, message, send: false));

    public ValueTask<HistoryPage> ReadAsync(string group, HistoryPosition after, int max = 100, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentOutOfRangeException.ThrowIfNegative(max);
        return new(Use(group, (after, max), static (_, log, _, asked) => log.Read(asked.after, asked.max)));
    }

    private HistoryPosition Write(string group, ChannelMessage message, bool send)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(message);
        return Use(group, (message, send), static (history, log, now, call) =>
        {
            var written = log.Append(call.message, now, history.Options);
            if (call.send)
            {
                history.Layer.SendPublished(log.Group, written);
            }

            return written.Stamp!.Position; // it was just written
        });
    }

    private HistoryOptions Options => options;

    private InMemoryChannelLayer Layer => layer;

    private TResult Use<TState, TResult>(string group, TState state, Func<InMemoryHistory, GroupLog, long, TState, TResult> use)
    {
        var now = time.GetTimestamp();
        TResult result;
        while (!TryUse(_logs.GetOrAdd(group, static name => new(name)), now, state, use, out result))
        {
            Thread.Yield(); // whoever forgets it is about to take it out
        }

        if (Volatile.Read(ref _bytes) > options.MaxTotalBytes || now >= Volatile.Read(ref _nextSweep))
        {
            ForgetUnused(now);
        }

        return result;
    }

    private bool TryUse<TState, TResult>(GroupLog log, long now, TState state, Func<InMemoryHistory, GroupLog, long, TState, TResult> use, out TResult result)
    {
        lock (log)
        {
            result = default!; // read only when true is returned
            if (log.Forgotten)
            {
                return false;
            }

            var before = log.UsedAt is null ? 0 : log.Bytes;
            log.UsedAt = now;
            log.Trim(now - _maxAge);
            try
            {
                result = use(this, log, now, state);
            }
            finally
            {
                Interlocked.Add(ref _bytes, log.Bytes - before);
            }

            return true;
        }
    }

    private void ForgetUnused(long now)
    {
        if (!_forgetting.TryEnter())
        {
            return; // another is at it
        }

        try
        {
            if (now >= Volatile.Read(ref _nextSweep))
            {
                Volatile.Write(ref _nextSweep, now + _maxAge);
                foreach (var log in _logs.Values.Where(log => !layer.HasFollowers(log.Group)))
                {
                    TryForget(log, unusedSince: now - _maxAge);
                }
            }

            if (Volatile.Read(ref _bytes) > options.MaxTotalBytes)
            {
                foreach (var log in _logs.Values.OrderBy(log => log.UsedAt).TakeWhile(_ => Volatile.Read(ref _bytes) > options.MaxTotalBytes * Refill))
                {
                    TryForget(log, unusedSince: long.MaxValue);
                }
            }
        }
        finally
        {
            _forgetting.Exit();
        }
    }

    private void TryForget(GroupLog log, long unusedSince)
    {
        lock (log)
        {
            if (!log.Forgotten && log.UsedAt <= unusedSince)
            {
                log.Forgotten = true;
                _logs.TryRemove(new(log.Group, log));
                Interlocked.Add(ref _bytes, -log.Bytes);
            }
        }
    }
}
