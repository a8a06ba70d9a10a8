using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Channels;

/// <summary>Registers channel layers, what consumers need, and workers: background readers of named channels.</summary>
public static class ChannelsServiceCollectionExtensions
{
    /// <summary>
    /// Registers channel layers: without any layer named, an in-memory layer called <c>default</c>. May be called
    /// again, also by libraries, and then only adds.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Names the layers; the same can be done on the builder that comes back.</param>
    public static ChannelsBuilder AddChannels(this IServiceCollection services, Action<ChannelsBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var registrations = services.FirstOrDefault(s => s.ServiceType == typeof(ChannelLayerRegistrations))?.ImplementationInstance as ChannelLayerRegistrations;
        var builder = new ChannelsBuilder(services, registrations ?? new ChannelLayerRegistrations());
        if (registrations is null)
        {
            AddCommon(builder);
        }

        configure?.Invoke(builder);
        return builder;
    }

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

    private static void AddCommon(ChannelsBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions();
        services.AddLogging();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ChannelsMetrics>();
        services.TryAddSingleton<ConsumerFaults>();
        services.AddSingleton(builder.Registrations);
        services.AddHostedService<ConfigurationCheck>();
        services.AddSingleton<MountedApplications>();
        services.AddHostedService(static provider => provider.GetRequiredService<MountedApplications>());
        builder.AddInMemoryLayer();
        services.TryAddSingleton(s => s.GetRequiredKeyedService<IChannelLayer>(ChannelLayerAliases.Default));
        services.TryAddSingleton<Users>();
    }
}
