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

    /// <summary>
    /// Puts a job into the queue of a channel again and again. Every process of a deployment may register it: each occurrence
    /// is queued once over all of them. Occurrences that were missed because no process ran are made up for once, and one
    /// that comes due while the one before waits or is at work is left out. A new job begins with its next occurrence.
    /// </summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="services">The services; a job queue is needed (<c>AddRedisJobs</c>, <c>AddInMemoryJobs</c>).</param>
    /// <param name="name">What the job is called in its channel: 1 to 256 characters, the same in every process.</param>
    /// <param name="channel">The channel whose workers do it; they are <see cref="ChannelWorkerOptions.Acknowledged"/>.</param>
    /// <param name="job">What to do.</param>
    /// <param name="period">How often.</param>
    /// <param name="layer">The alias of the layer that the queue goes with. Default <c>default</c>.</param>
    /// <exception cref="ArgumentException">One of the names is not valid.</exception>
    public static IServiceCollection AddPeriodicJob<T>(
        this IServiceCollection services, string name, string channel, T job, JobPeriod period, string layer = ChannelLayerAliases.Default)
        where T : class, ITypedMessage<T> => services.AddPeriodicJob(name, channel, ChannelMessage.Of(job), period, layer);

    /// <inheritdoc cref="AddPeriodicJob{T}(IServiceCollection, string, string, T, JobPeriod, string)"/>
    public static IServiceCollection AddPeriodicJob(
        this IServiceCollection services, string name, string channel, ChannelMessage job, JobPeriod period, string layer = ChannelLayerAliases.Default)
    {
        ArgumentNullException.ThrowIfNull(services);
        JobIds.ThrowIfInvalid(name, nameof(name));
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(period);
        ArgumentException.ThrowIfNullOrEmpty(layer);
        services.AddChannels();
        services.AddSingleton(new PeriodicJobRegistration(name, channel, job, period, layer));
        if (!services.Any(s => s.ServiceType == typeof(PeriodicJobHost)))
        {
            services.AddSingleton<PeriodicJobHost>();
            services.AddHostedService(s => s.GetRequiredService<PeriodicJobHost>());
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
        services.TryAddSingleton(s => s.GetRequiredKeyedService<ChannelRequests>(ChannelLayerAliases.Default));
        services.TryAddSingleton<Users>();
    }
}
