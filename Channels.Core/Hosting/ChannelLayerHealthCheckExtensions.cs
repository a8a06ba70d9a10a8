using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels;

/// <summary>Health checks of channel layers.</summary>
public static class ChannelLayerHealthCheckExtensions
{
    private static readonly TimeSpan DefaultThreshold = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Checks a layer by sending a message to a private channel: degraded when that takes long, failed when it throws or
    /// does not arrive in time.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="alias">The layer's alias. Default <c>default</c>.</param>
    /// <param name="name">The check's name. Null for <c>channel-layer-</c> and the alias.</param>
    /// <param name="failureStatus">What a failure counts as. Null for unhealthy.</param>
    /// <param name="tags">Tags, for example <c>ready</c>. Null for none.</param>
    /// <param name="degradedAfter">From which time on the layer counts as slow; zero for always. Null for 500 ms.</param>
    /// <param name="timeout">How long to wait for the message; longer than zero. Null for 5 seconds.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative, or the time-out is zero.</exception>
    public static IHealthChecksBuilder AddChannelLayerCheck(
        this IHealthChecksBuilder builder,
        string alias = ChannelLayerAliases.Default,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? degradedAfter = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(alias);
        var slow = degradedAfter ?? DefaultThreshold;
        var late = timeout ?? DefaultTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThan(slow, TimeSpan.Zero, nameof(degradedAfter));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(late, TimeSpan.Zero, nameof(timeout));
        return builder.Add(new HealthCheckRegistration(
            name ?? $"channel-layer-{alias}", services => new ChannelLayerHealthCheck(services, alias, slow), failureStatus, tags, late));
    }
}
