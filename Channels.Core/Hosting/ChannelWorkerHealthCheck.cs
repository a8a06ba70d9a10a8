using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels;

/// <summary>Unhealthy when the reading of a channel has ended although the host runs.</summary>
internal sealed class ChannelWorkerHealthCheck(ChannelWorkerHost host) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var dead = host.Workers.Where(worker => worker.Health != HealthStatus.Healthy).Select(worker => worker.Channel).ToArray();
        return Task.FromResult(dead.Length == 0
            ? HealthCheckResult.Healthy($"{host.Workers.Count} channels are read.")
            : new HealthCheckResult(context.Registration.FailureStatus, $"Not read any more: {string.Join(", ", dead)}."));
    }
}
