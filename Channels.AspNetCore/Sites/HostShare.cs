using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.AspNetCore;

/// <summary>
/// What a site has in common with the host around it. Objects and not factories are registered: a container disposes of what
/// its factories have made, and these belong to the host.
/// </summary>
internal static class HostShare
{
    /// <summary>A builder for a site in the host's environment, with the host's configuration and no other.</summary>
    public static WebApplicationBuilder CreateBuilder(IServiceProvider host)
    {
        var environment = host.GetService<IHostEnvironment>();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = environment?.ApplicationName,
            ContentRootPath = environment?.ContentRootPath,
            EnvironmentName = environment?.EnvironmentName,
        });
        if (host.GetService<IConfiguration>() is { } configuration)
        {
            ((IConfigurationBuilder)builder.Configuration).Sources.Clear();
            builder.Configuration.AddConfiguration(configuration);
        }

        return builder;
    }

    /// <summary>Adds what is the host's, after the site's own services, so that a site that calls <c>AddChannels</c> itself sends to the host's layers.</summary>
    public static void Add(IServiceCollection services, IServiceProvider host, IServer server)
    {
        services.AddSingleton(server);
        services.AddSingleton<IHostLifetime>(new NoLifetime());
        Share<ILoggerFactory>(services, host);
        Share<TimeProvider>(services, host);
        Share<IDataProtectionProvider>(services, host);
        Share<ChannelsMetrics>(services, host);
        Share<IDeadLetterStore>(services, host);
        Share<Users>(services, host);
        foreach (var alias in host.GetService<ChannelLayerRegistrations>()?.Aliases ?? [])
        {
            ShareLayer<IChannelLayer>(services, host, alias);
            ShareLayer<IGroupHistory>(services, host, alias);
            ShareLayer<IGroupPresence>(services, host, alias);
            ShareLayer<IJobQueue>(services, host, alias);
        }
    }

    private static void Share<T>(IServiceCollection services, IServiceProvider host)
        where T : class
    {
        if (host.GetService<T>() is { } instance)
        {
            services.AddSingleton(instance);
        }
    }

    // A layer, or a capability of one: those of the default layer are found without a key too.
    private static void ShareLayer<T>(IServiceCollection services, IServiceProvider host, string alias)
        where T : class
    {
        if (host.GetKeyedService<T>(alias) is not { } instance)
        {
            return;
        }

        services.AddKeyedSingleton(alias, instance);
        if (alias == ChannelLayerAliases.Default)
        {
            services.AddSingleton(instance);
        }
    }

    /// <summary>The host hears signals and writes about the start; the site ends with it.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
