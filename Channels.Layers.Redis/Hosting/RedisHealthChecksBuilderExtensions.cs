using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels.Layers.Redis;

/// <summary>Health checks of Redis layers.</summary>
public static class RedisHealthChecksBuilderExtensions
{
    /// <summary>
    /// Checks the connections of a Redis layer, each with its last error, round trip and reconnects. Every Redis layer has such a
    /// check, with the defaults and the tag <c>ready</c>, without this call, which replaces it. It asks the server nothing; <see cref="ChannelLayerHealthCheckExtensions.AddChannelLayerCheck"/> sends a message all the way.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="alias">The layer's alias. Default <c>default</c>.</param>
    /// <param name="name">The check's name; one of the same name is replaced. Null for <c>redis-layer-</c> and the alias.</param>
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
        var registration = new HealthCheckRegistration(name ?? NameFor(alias), services => new RedisLayerHealthCheck(services, alias), failureStatus, tags);
        builder.Services.Configure<HealthCheckServiceOptions>(options =>
        {
            foreach (var former in options.Registrations.Where(known => known.Name == registration.Name).ToArray())
            {
                options.Registrations.Remove(former);
            }

            options.Registrations.Add(registration);
        });
        return builder;
    }

    /// <summary>Adds the check that every Redis layer has, unless there is one of its name.</summary>
    internal static void AddDefaultCheck(this IServiceCollection services, string alias)
    {
        services.AddHealthChecks();
        services.PostConfigure<HealthCheckServiceOptions>(options =>
        {
            if (options.Registrations.All(known => known.Name != NameFor(alias)))
            {
                options.Registrations.Add(new(NameFor(alias), services => new RedisLayerHealthCheck(services, alias, isDefault: true), HealthStatus.Degraded, ["ready"]));
            }
        });
    }

    private static string NameFor(string alias) => $"redis-layer-{alias}";
}
