using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Channels.SocketRouter;

/// <summary>Registers what routers read.</summary>
public static class SocketRouterServiceExtensions
{
    /// <summary>Reads <see cref="SocketRouterOptions"/> from <c>Channels:SocketRouter</c>. Without it routers have the defaults, and the verb <c>contract</c> knows nothing.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options after configuration was read. Default nothing.</param>
    public static IServiceCollection AddSocketRouter(this IServiceCollection services, Action<SocketRouterOptions>? configure = null)
    {
        services.AddChannelsOptions<SocketRouterOptions>("SocketRouter", static (options, section) => section.Bind(options), static options => options.Complaints());
        services.TryAddSingleton<RouterFaults>();
        services.TryAddSingleton<PresenceLinger>();
        services.TryAddSingleton<SocketTopics>();
        services.TryAddSingleton<IContractExporter, ContractExporter>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }
}
