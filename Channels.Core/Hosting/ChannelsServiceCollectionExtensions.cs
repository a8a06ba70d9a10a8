using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Channels;

/// <summary>Registers channel layers and what consumers need.</summary>
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
        builder.AddInMemoryLayer();
        services.TryAddSingleton(s => s.GetRequiredKeyedService<IChannelLayer>(ChannelLayerAliases.Default));
    }
}
