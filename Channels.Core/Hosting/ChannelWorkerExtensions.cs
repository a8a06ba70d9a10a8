using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Channels;

/// <summary>Registers workers: background readers of named channels, in any Generic Host.</summary>
public static class ChannelWorkerExtensions
{
    /// <summary>
    /// Reads a channel in this process and hands each message to the host's root application, or to
    /// <paramref name="application"/>, in a <see cref="ChannelScope"/>. Options come from
    /// <c>Channels:Workers:CHANNEL</c>. A channel registered twice is read once, by the later registration.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="channel">The channel's exact name.</param>
    /// <param name="application">What handles the messages, usually a <c>ChannelNameRouter</c> or a consumer; null for the root application.</param>
    /// <param name="configure">Changes the options after configuration was read. Default nothing.</param>
    /// <exception cref="ArgumentException">The name is not a valid channel name.</exception>
    public static IServiceCollection AddChannelWorker(
        this IServiceCollection services, string channel, Application? application = null, Action<ChannelWorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ChannelNames.ThrowIfNotChannel(channel);
        services.AddChannels();
        services.AddDeadLetterOptions();
        services.TryAddSingleton<IDeadLetterStore, InMemoryDeadLetterStore>();
        services.TryAddSingleton<WorkerMetrics>();
        services.AddSingleton(new ChannelWorkerRegistration(channel, application, configure));
        if (!services.Any(s => s.ServiceType == typeof(ChannelWorkerHost)))
        {
            services.AddSingleton<ChannelWorkerHost>();
            services.AddHostedService(s => s.GetRequiredService<ChannelWorkerHost>());
            services.AddHealthChecks().AddCheck<ChannelWorkerHealthCheck>("channels-workers", tags: ["ready"]);
        }

        return services;
    }
}
