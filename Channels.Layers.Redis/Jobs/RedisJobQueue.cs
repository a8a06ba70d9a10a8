using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// A job queue in one stream per channel, read by all workers as one consumer group: the entry of a job stays until it is
/// done, and one that nobody renews is handed to another worker. Each channel that this process reads has a connection of
/// its own.
/// </summary>
internal sealed class RedisJobQueue(RedisJobHosts hosts, JobQueueOptions options) : IJobQueue, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<RedisJobReader>> _readers = new(StringComparer.Ordinal);

    private int _disposed;

    public JobQueueOptions Options => options;

    /// <summary>What this process is called in the consumer group.</summary>
    public string Consumer { get; } = Guid.NewGuid().ToString("N");

    public async ValueTask SendAsync(string channel, ChannelMessage job, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(job);
        var body = hosts.Codec.Encode(job);
        switch ((int)await RunAsync(JobScripts.Send, channel, [options.Capacity, body, options.MaxBytes], cancellationToken, body.Length))
        {
            case 0:
                throw new ChannelFullException(channel, options.Capacity);
            case 2:
                throw ChannelFullException.ForBytes(channel, options.MaxBytes, "Channels:Jobs:MaxBytes");
        }
    }

    public async ValueTask<TakenJob> TakeAsync(string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        var reader = _readers.GetOrAdd(channel, name => new(() => new RedisJobReader(name, this, hosts))).Value;
        return await reader.TakeAsync(cancellationToken);
    }

    public ValueTask<RedisResult> RunAsync(RedisScript script, string channel, RedisValue[] arguments, CancellationToken cancellationToken, int bytes = 0) =>
        script.RunAsync(hosts.LinkOf(channel), [hosts.JobKey(channel), hosts.JobSizeKey(channel)], arguments, bytes, cancellationToken);

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
}
