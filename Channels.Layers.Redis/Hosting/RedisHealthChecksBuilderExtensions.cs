using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels.Layers.Redis;

/// <summary>Health checks of Redis layers.</summary>
public static class RedisHealthChecksBuilderExtensions
{
    /// <summary>
    /// Checks the connections of a Redis layer, each with its last error, round trip and reconnects. It asks the server
    /// nothing; <see cref="ChannelLayerHealthCheckExtensions.AddChannelLayerCheck"/> sends a message all the way.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="alias">The layer's alias. Default <c>default</c>.</param>
    /// <param name="name">The check's name. Null for <c>redis-layer-</c> and the alias.</param>
    /// <param name="failureStatus">What a missing connection counts as: the process still serves, so degraded by default.</param>
    /// <param name="tags">Tags, for example <c>ready</c>. Null for none.</param>
    public static IHealthChecksBuilder AddRedisLayerCheck(
        this IHealthChecksBuilder builder,
        string alias = ChannelLayerAliases.Default,
        string? name = null,
        HealthStatus failureStatus = HealthStatus.Degraded,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(alias);
        return builder.Add(new HealthCheckRegistration(name ?? $"redis-layer-{alias}", services => new RedisLayerHealthCheck(services, alias), failureStatus, tags));
    }
}
