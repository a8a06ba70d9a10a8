using Channels;
using Channels.Layers.Redis;
using Microsoft.Extensions.Hosting;

namespace Samples;

/// <summary>The switches <c>--layer memory|redis|redis-pubsub</c> and <c>--redis HOST[;HOST]</c> of the samples.</summary>
internal static class LayerChoice
{
    /// <summary>Registers the layer that the command line names, memory when it names none, and a job queue beside it.</summary>
    /// <returns>True when other processes share the layer.</returns>
    public static bool AddChosenLayer(this IHostApplicationBuilder builder)
    {
        var hosts = (builder.Configuration["redis"] ?? "127.0.0.1:6379").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var channels = builder.Services.AddChannels();
        switch (builder.Configuration.Choice("layer", "memory", "redis", "redis-pubsub"))
        {
            case "redis":
                channels.AddRedisLayer(configure: SetHosts).AddRedisJobs().AddRedisDeadLetters();
                return true;
            case "redis-pubsub":
                channels.AddRedisPubSubLayer(configure: SetHosts).AddRedisJobs().AddRedisDeadLetters();
                return true;
            default:
                channels.AddInMemoryJobs();
                return false;
        }

        void SetHosts(RedisLayerOptions options)
        {
            options.Hosts.Clear();
            foreach (var host in hosts)
            {
                options.Hosts.Add(host);
            }
        }
    }
}
