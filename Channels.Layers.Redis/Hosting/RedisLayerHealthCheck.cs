using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels.Layers.Redis;

/// <summary>Tells of each connection of a Redis layer whether it works, without asking the server.</summary>
/// <param name="services">The host's services.</param>
/// <param name="alias">The layer's alias.</param>
/// <param name="isDefault">Whether nobody asked for the check: then another layer that took the Redis layer's place is none of its business.</param>
internal sealed class RedisLayerHealthCheck(IServiceProvider services, string alias, bool isDefault = false) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (services.GetKeyedService<IChannelLayer>(alias) is not IRedisLayer layer)
        {
            return isDefault ? Task.FromResult(HealthCheckResult.Healthy())
                : throw new InvalidOperationException($"'{alias}' is not a Redis layer; add it with AddRedisLayer or AddRedisPubSubLayer, or check it with AddChannelLayerCheck.");
        }

        var links = layer.Links;
        var data = new Dictionary<string, object>();
        for (var i = 0; i < links.Count; i++)
        {
            data[string.Create(CultureInfo.InvariantCulture, $"{i}:{links[i].Host}:{links[i].Purpose}")] = Describe(links[i]);
        }

        var away = links.Where(link => !link.IsConnected).Select(link => link.Host).Distinct().ToArray();
        return Task.FromResult(away.Length == 0
            ? HealthCheckResult.Healthy($"The Redis layer '{alias}' is connected.", data)
            : new HealthCheckResult(context.Registration.FailureStatus, $"The Redis layer '{alias}' is without {string.Join(", ", away)}.", data: data));
    }

    private static string Describe(RedisLinkHealth link) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(link.IsConnected ? "connected" : "away")}, round trip {link.RoundTrip.TotalMilliseconds:0.0} ms, {link.Reconnects} reconnects, last error: {link.LastError ?? "none"}");
}
