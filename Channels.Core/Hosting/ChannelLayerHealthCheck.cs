using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels;

/// <summary>Sends a message through a layer to a private channel and waits for it there.</summary>
internal sealed class ChannelLayerHealthCheck(IServiceProvider services, string alias, TimeSpan degradedAfter) : IHealthCheck
{
    private const string ProbeType = "channels.health.probe";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var layer = services.GetKeyedService<IChannelLayer>(alias)
                ?? throw ChannelLayerRegistrations.Unknown(services, alias);
            var took = await MakeRoundTripAsync(layer, cancellationToken);
            return Judge(took);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whatever a layer throws is the answer to the question asked; the time-out is reported by the caller.
            return new HealthCheckResult(context.Registration.FailureStatus, $"The channel layer '{alias}' does not work: {error.Message}", error);
        }
    }

    private async Task<TimeSpan> MakeRoundTripAsync(IChannelLayer layer, CancellationToken cancellationToken)
    {
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        await using var inbox = await layer.NewChannelAsync("health", cancellationToken);
        var start = time.GetTimestamp();
        await layer.SendAsync(inbox.Name, new ChannelMessage(ProbeType), cancellationToken);
        await inbox.ReceiveAsync(cancellationToken);
        return time.GetElapsedTime(start);
    }

    private HealthCheckResult Judge(TimeSpan took)
    {
        var data = new Dictionary<string, object> { ["roundTripMilliseconds"] = took.TotalMilliseconds };
        return took <= degradedAfter
            ? HealthCheckResult.Healthy($"The channel layer '{alias}' works.", data)
            : HealthCheckResult.Degraded(
                string.Create(CultureInfo.InvariantCulture, $"The channel layer '{alias}' is slow: a message took {took.TotalMilliseconds:0} ms, more than {degradedAfter.TotalMilliseconds:0} ms."),
                data: data);
    }
}
