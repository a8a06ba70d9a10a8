using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// A job queue in one stream per channel, read by all workers as one consumer group: the entry of a job stays until it is
/// done, and one that nobody renews is handed to another worker. Each channel that this process reads has a connection of
/// its own.
/// </summary>
internal sealed class RedisJobQueue(RedisJobHosts hosts, JobQueueOptions options) : IJobQueue, IPeriodicJobQueue, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<RedisJobReader>> _readers = new(StringComparer.Ordinal);

    private int _disposed;

    public JobQueueOptions Options => options;

    /// <summary>What this process is called in the consumer group.</summary>
    public string Consumer { get; } = Guid.NewGuid().ToString("N");

    /// <summary>How many jobs of each channel that this process reads wait for their time.</summary>
    public IEnumerable<KeyValuePair<string, long>> Delayed =>
        _readers.Where(reader => reader.Value.IsValueCreated).Select(reader => KeyValuePair.Create(reader.Key, reader.Value.Value.Delayed));

    public async ValueTask SendAsync(string channel, ChannelMessage job, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(job);
        await AddAsync(JobScripts.Send, channel, job, [], cancellationToken);
    }

    public async ValueTask<string> ScheduleAsync(string channel, ChannelMessage job, JobStart start, string? id = null, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(job);
        id ??= JobIds.New();
        JobIds.ThrowIfInvalid(id);
        var due = start.ToTime(hosts.Settings.Time.GetUtcNow()); // the server counts a delay by its own clock
        var milliseconds = start.NotBefore is null ? start.Delay.GetValueOrDefault().TotalMilliseconds : (due - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        await AddAsync(DelayedJobScripts.Schedule, channel, job, [id, start.NotBefore is null, (long)Math.Ceiling(milliseconds)], cancellationToken);
        return id;
    }

    public async ValueTask<bool> CancelAsync(string channel, string id, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        JobIds.ThrowIfInvalid(id);
        return (int)await RunAsync(DelayedJobScripts.Cancel, channel, [id], cancellationToken) == 1;
    }

    public async ValueTask<bool> SendOccurrenceAsync(
        string channel, ChannelMessage job, string name, DateTimeOffset due, DateTimeOffset? previous, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(job);
        JobIds.ThrowIfInvalid(name, nameof(name));
        return await AddAsync(DelayedJobScripts.Repeat, channel, job, [name, due.ToUnixTimeMilliseconds(), previous is not null], cancellationToken) == JobScripts.Added;
    }

    public async ValueTask<TakenJob> TakeAsync(string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        var reader = _readers.GetOrAdd(channel, name => new(() => new RedisJobReader(name, this, hosts))).Value;
        return await reader.TakeAsync(cancellationToken);
    }

    public ValueTask<RedisResult> RunAsync(RedisScript script, string channel, RedisValue[] arguments, CancellationToken cancellationToken, int bytes = 0) =>
        script.RunAsync(hosts.LinkOf(channel), hosts.JobKeys(channel), arguments, bytes, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return; // the container knows the default queue under two names
        }

        foreach (var reader in _readers.Values)
        {
            await reader.Value.DisposeAsync();
        }

        await hosts.DisposeAsync();
    }

    // A script whose first arguments are those of Send.
    private async ValueTask<int> AddAsync(RedisScript script, string channel, ChannelMessage job, RedisValue[] more, CancellationToken cancellationToken)
    {
        var body = hosts.Codec.Encode(job);
        var answer = (int)await RunAsync(script, channel, [options.Capacity, body, options.MaxBytes, .. more], cancellationToken, body.Length);
        return answer switch
        {
            JobScripts.TooMany => throw new ChannelFullException(channel, options.Capacity),
            JobScripts.TooLarge => throw ChannelFullException.ForBytes(channel, options.MaxBytes, "Channels:Jobs:MaxBytes"),
            _ => answer,
        };
    }
}
