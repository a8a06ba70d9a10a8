using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>
/// A job queue in this process's memory, for tests and development: it forgets with the process what it should keep.
/// </summary>
internal sealed class InMemoryJobQueue(IOptions<JobQueueOptions> options, TimeProvider time) : IJobQueue, IPeriodicJobQueue, IDisposable
{
    private readonly ConcurrentDictionary<string, InMemoryJobLine> _lines = new(StringComparer.Ordinal);

    /// <summary>How many jobs of each channel wait for their time.</summary>
    public IEnumerable<KeyValuePair<string, long>> Delayed => _lines.Select(line => KeyValuePair.Create(line.Key, line.Value.Delayed));

    public ValueTask SendAsync(string channel, ChannelMessage job, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(job);
        LineOf(channel).Send(job);
        return ValueTask.CompletedTask;
    }

    public ValueTask<string> ScheduleAsync(string channel, ChannelMessage job, JobStart start, string? id = null, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(job);
        id ??= JobIds.New();
        JobIds.ThrowIfInvalid(id);
        LineOf(channel).Schedule(job, start, id);
        return ValueTask.FromResult(id);
    }

    public ValueTask<bool> CancelAsync(string channel, string id, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        JobIds.ThrowIfInvalid(id);
        return ValueTask.FromResult(LineOf(channel).Cancel(id));
    }

    public ValueTask<bool> SendOccurrenceAsync(
        string channel, ChannelMessage job, string name, DateTimeOffset due, DateTimeOffset? previous, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(job);
        JobIds.ThrowIfInvalid(name, nameof(name));
        return ValueTask.FromResult(LineOf(channel).SendOccurrence(job, name, due, previous));
    }

    public async ValueTask<TakenJob> TakeAsync(string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        var line = LineOf(channel);
        while (true)
        {
            var waiting = await line.Waiting.ReadAsync(cancellationToken);
            if (waiting.TryTake(options.Value, time) is { } job)
            {
                return job;
            }
        }
    }

    public void Dispose()
    {
        foreach (var line in _lines.Values)
        {
            line.Dispose();
        }
    }

    private InMemoryJobLine LineOf(string channel) =>
        _lines.GetOrAdd(channel, static (name, queue) => new InMemoryJobLine(name, queue.Options.Value, queue.Time), (Options: options, Time: time));
}
