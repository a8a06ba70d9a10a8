using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>Adds the server to any .NET host; <see cref="ChannelsHost.CreateBuilder"/> makes a host with it and a command line.</summary>
public static class ChannelsServerExtensions
{
    /// <summary>
    /// Adds Kestrel and a hosted service that serves the application with it: add it after other services, so that it
    /// starts last and stops first. Options come from <c>Channels:Server</c>, <c>Channels:WebSocket</c> and
    /// <c>Kestrel</c> and are checked when the host starts; addresses from the key <c>urls</c>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="root">The application that serves everything. Workers of the same host use it too.</param>
    /// <exception cref="InvalidOperationException">The services have a server already.</exception>
    public static IServiceCollection AddChannelsServer(this IServiceCollection services, Application root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return services.AddChannelsServer(new RootApplication(root));
    }

    /// <summary>As <see cref="AddChannelsServer(IServiceCollection, Application)"/>, with an application made from the host's services.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="root">Makes the application, once, when the host starts.</param>
    /// <exception cref="InvalidOperationException">The services have a server already.</exception>
    public static IServiceCollection AddChannelsServer(this IServiceCollection services, Func<IServiceProvider, Application> root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return services.AddChannelsServer(new RootApplication(root: null, root));
    }

    /// <summary>The options, Kestrel and the root application, without the hosted service: what verbs need that serve nothing.</summary>
    internal static void AddServerParts(this IServiceCollection services, RootApplication root)
    {
        if (services.Any(service => service.ServiceType == typeof(RootApplication)))
        {
            throw new InvalidOperationException("These services have a Channels server already: a host has one root application. Put several behind a ProtocolTypeRouter or UrlRouter.");
        }

        services.AddChannels();
        services.AddSingleton(root);
        services.AddSection<ChannelsServerOptions>(static (options, section) => section.Bind(options));
        services.AddSection<WebSocketServerOptions>(static (options, section) => section.Bind(options));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ChannelsServerOptions>, ShutdownTimeValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WebSocketServerOptions>, CompressionValidator>());
        AddKestrel(services);
        var diagnostics = new DiagnosticListener("Microsoft.AspNetCore");
        services.TryAddSingleton(diagnostics);
        services.TryAddSingleton<DiagnosticSource>(diagnostics);
    }

    internal static void AddServerHost(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ChannelsServerOptions>, ListenAddressValidator>());
        services.AddSingleton<ChannelsServer>();
        services.AddHostedService(static provider => provider.GetRequiredService<ChannelsServer>());
    }

    // Kestrel with logs that are bounded, and with the gate in front of each transport that somebody has registered.
    private static void ReplaceServer(IServiceCollection services)
    {
        var kestrel = services.Last(service => service.ServiceType == typeof(IServer) && service.ImplementationType is not null);
        services.Replace(ServiceDescriptor.Singleton(provider => (IServer)ActivatorUtilities.CreateInstance(
            provider,
            kestrel.ImplementationType!, // as chosen above
            provider.GetServices<IConnectionListenerFactory>().Select(provider.GetRequiredService<ConnectionGate>().Around).ToArray(),
            new KestrelLoggers(provider.GetRequiredService<ILoggerFactory>(), provider.GetRequiredService<TimeProvider>()))));
    }

    private static void AddKestrel(IServiceCollection services)
    {
        var before = services.Count;
        new KestrelRegistrar(services).UseKestrelCore().UseKestrelHttpsConfiguration(); // before our own options, which build on what it sets
        services.TryAddSingleton(static provider => new ConnectionGate(
            OpenFiles.Connections(),
            provider.GetRequiredService<TimeProvider>(),
            new ServerTelemetry(provider.GetRequiredService<ChannelsMetrics>()),
            new QuietLoggers(provider.GetRequiredService<ILoggerFactory>()).CreateLogger("Channels.Server")));
        services.AddOptions<KestrelServerOptions>().Configure<IConfiguration, IOptions<ChannelsServerOptions>, ConnectionGate>(static (kestrel, configuration, server, gate) =>
        {
            kestrel.ConfigureEndpointDefaults(listen => listen.Use(gate.Before).Use(HttpTimeouts.Before)); // first, so that endpoints of the section have it
            KestrelDefaults.Apply(kestrel, server.Value, configuration.GetSection("Kestrel"));
            kestrel.Limits.MaxRequestBodySize = server.Value.MaxRequestBodyBytes == 0 ? null : server.Value.MaxRequestBodyBytes;
        });
        PutFirst(services, before);
        ReplaceServer(services);
    }

    // Code of the application's wins over our defaults and the section, also where it was registered earlier.
    private static void PutFirst(IServiceCollection services, int from)
    {
        var place = 0;
        for (var i = from; i < services.Count; i++)
        {
            if (services[i] is var service && service.ServiceType == typeof(IConfigureOptions<KestrelServerOptions>))
            {
                services.RemoveAt(i);
                services.Insert(place++, service);
            }
        }
    }

    private static IServiceCollection AddChannelsServer(this IServiceCollection services, RootApplication root)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddServerParts(root);
        services.AddServerHost();
        return services;
    }
}
