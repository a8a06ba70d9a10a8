using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>
/// Registers channel layers and job queues: what <c>services.AddChannels()</c> gives. Each layer is a keyed singleton
/// <see cref="IChannelLayer"/> under its alias; the one called <c>default</c> is the unkeyed service too. Registering an
/// alias again replaces the former layer.
/// </summary>
public sealed class ChannelsBuilder
{
    internal ChannelsBuilder(IServiceCollection services, ChannelLayerRegistrations registrations) =>
        (Services, Registrations) = (services, registrations);

    /// <summary>The services being configured.</summary>
    public IServiceCollection Services { get; }

    internal ChannelLayerRegistrations Registrations { get; }

    /// <summary>
    /// Adds a layer that lives in this process. Its options come from <c>Channels:Layers:&lt;alias&gt;</c> and are
    /// checked when the host starts.
    /// </summary>
    /// <param name="alias">The layer's alias. Default <c>default</c>.</param>
    /// <param name="configure">Changes the options after configuration was read. Default nothing.</param>
    public ChannelsBuilder AddInMemoryLayer(string alias = ChannelLayerAliases.Default, Action<InMemoryLayerOptions>? configure = null) =>
        AddLayer(alias, static (InMemoryLayerOptions options, IConfiguration section) => section.Bind(options), configure, (services, options) => new InMemoryChannelLayer(
            alias,
            options,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ChannelsMetrics>(),
            services.GetRequiredService<ILogger<InMemoryChannelLayer>>()))
        .AddHistory(alias, services => new InMemoryHistory(
            (InMemoryChannelLayer)services.GetRequiredKeyedService<IChannelLayer>(alias), // whoever registers another layer there takes this away
            services.GetRequiredService<IOptions<HistoryOptions>>().Value,
            services.GetRequiredService<TimeProvider>()))
        .AddPresence(alias, services => new InMemoryPresence(services.GetRequiredKeyedService<IGroupHistory>(alias), services.GetRequiredService<IOptions<PresenceOptions>>().Value))
        .AddLeasedState(alias, static services => new InMemoryLeasedState(services.GetRequiredService<TimeProvider>()));

    /// <summary>Adds a layer of any kind that has no options of its own.</summary>
    /// <param name="alias">The layer's alias.</param>
    /// <param name="create">Makes the layer, once, when it is first asked for. A disposable layer is disposed with the host.</param>
    /// <exception cref="ArgumentException">The alias is empty or holds a colon.</exception>
    public ChannelsBuilder AddLayer(string alias, Func<IServiceProvider, IChannelLayer> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        Registrations.Set(alias, setup: null);
        return Register(alias, create);
    }

    /// <summary>
    /// Adds a layer of any kind with options under its alias: bound from its configuration section, then changed by
    /// <paramref name="configure"/>, checked when the host starts (the common limits by
    /// <see cref="ChannelLayerOptionsValidator"/>, the rest by validators registered for the type).
    /// </summary>
    /// <typeparam name="TOptions">The options of the layer's kind.</typeparam>
    /// <param name="alias">The layer's alias, which is the name of the options too.</param>
    /// <param name="bind">Binds the section; a static lambda that calls <c>Bind</c> on the concrete type keeps the source generator working.</param>
    /// <param name="configure">Changes the options after configuration was read, or null.</param>
    /// <param name="create">Makes the layer, once, when it is first asked for. A disposable layer is disposed with the host.</param>
    /// <exception cref="ArgumentException">The alias is empty or holds a colon.</exception>
    public ChannelsBuilder AddLayer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
        string alias,
        Action<TOptions, IConfiguration> bind,
        Action<TOptions>? configure,
        Func<IServiceProvider, TOptions, IChannelLayer> create)
        where TOptions : ChannelLayerOptions, new()
    {
        ArgumentNullException.ThrowIfNull(bind);
        ArgumentNullException.ThrowIfNull(create);
        Registrations.Set(alias, new LayerOptionsSetup<TOptions>(bind, configure));
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<TOptions>, ConfigureLayerOptions<TOptions>>());
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, ValidateLayerOptions<TOptions>>());
        Services.AddOptions<TOptions>(alias).ValidateOnStart();
        return Register(alias, services => create(services, services.GetRequiredService<IOptionsMonitor<TOptions>>().Get(alias)));
    }

    /// <summary>Adds a job queue in this process's memory, for tests and development. Options come from <c>Channels:Jobs</c>.</summary>
    /// <param name="alias">The alias of the layer the queue goes with. Default <c>default</c>.</param>
    public ChannelsBuilder AddInMemoryJobs(string alias = ChannelLayerAliases.Default) =>
        this.AddJobs(alias, services =>
        {
            var queue = new InMemoryJobQueue(services.GetRequiredService<IOptions<JobQueueOptions>>(), services.GetRequiredService<TimeProvider>());
            DelayedJobsGauge.Observe(services.GetRequiredService<ChannelsMetrics>(), alias, () => queue.Delayed);
            return queue;
        });

    private ChannelsBuilder Register(string alias, Func<IServiceProvider, IChannelLayer> create)
    {
        Services.RemoveAllKeyed<IChannelLayer>(alias);
        Services.RemoveAllKeyed<IGroupHistory>(alias); // what belongs to the former layer
        Services.RemoveAllKeyed<IGroupPresence>(alias);
        Services.RemoveAllKeyed<PresenceGrace>(alias);
        Services.RemoveAllKeyed<ILeasedState>(alias);
        Services.RemoveAllKeyed<ChannelRequests>(alias);
        Services.AddSection<RequestOptions>(static (options, section) => section.Bind(options));
        Services.AddKeyedSingleton(alias, (services, _) => create(services));
        Services.AddKeyedSingleton(alias, (services, _) => new ChannelRequests(
            services.GetRequiredKeyedService<IChannelLayer>(alias),
            services.GetRequiredService<IOptions<RequestOptions>>().Value,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ChannelsMetrics>(),
            services.GetRequiredService<ILogger<ChannelRequests>>()));
        return this;
    }
}
