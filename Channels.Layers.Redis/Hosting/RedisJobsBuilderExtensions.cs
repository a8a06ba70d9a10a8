using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Layers.Redis;

/// <summary>Registers job queues and dead letters in Redis, beside a Redis layer whose hosts, prefix and keys they use.</summary>
public static class RedisJobsBuilderExtensions
{
    /// <summary>
    /// Adds a job queue for workers with <see cref="ChannelWorkerOptions.Acknowledged"/>. Needs Redis 6.2 or later. Options
    /// come from <c>Channels:Jobs</c> and from the layer.
    /// </summary>
    /// <param name="builder">What <c>AddRedisLayer</c> gave.</param>
    /// <param name="alias">The alias of a Redis layer. Default <c>default</c>.</param>
    public static ChannelsBuilder AddRedisJobs(this ChannelsBuilder builder, string alias = ChannelLayerAliases.Default) => builder.AddJobs(alias, services =>
    {
        var queue = new RedisJobQueue(MakeHosts(services, alias, nameof(AddRedisJobs)), services.GetRequiredService<IOptions<JobQueueOptions>>().Value);
        DelayedJobsGauge.Observe(services.GetRequiredService<ChannelsMetrics>(), alias, () => queue.Delayed);
        return queue;
    });

    /// <summary>
    /// Keeps dead letters in Redis, where every process can list and replay them. Needs Redis 6.2 or later. Options come
    /// from <c>Channels:DeadLetters</c> and from the layer.
    /// </summary>
    /// <param name="builder">What <c>AddRedisLayer</c> gave.</param>
    /// <param name="alias">The alias of a Redis layer. Default <c>default</c>.</param>
    public static ChannelsBuilder AddRedisDeadLetters(this ChannelsBuilder builder, string alias = ChannelLayerAliases.Default) => builder.AddDeadLetters(services =>
        new RedisDeadLetterStore(MakeHosts(services, alias, nameof(AddRedisDeadLetters)), services.GetRequiredService<IOptions<DeadLetterOptions>>().Value, services.GetRequiredService<DeadLetterDrops>()));

    private static RedisJobHosts MakeHosts(IServiceProvider services, string alias, string method)
    {
        if (services.GetKeyedService<IChannelLayer>(alias) is not IRedisLayer)
        {
            throw new InvalidOperationException($"{method}(\"{alias}\") needs a Redis layer under that alias, whose servers and keys it uses: call AddRedisLayer(\"{alias}\").");
        }

        return new RedisJobHosts(
            alias, services.GetRequiredService<IOptionsMonitor<RedisLayerOptions>>().Get(alias), services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Channels.Layers.Redis.Jobs"));
    }
}
