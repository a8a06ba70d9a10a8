using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Benchmarks;

/// <summary>Bare Kestrel with a <see cref="LimitApplication"/> behind it: what nothing built on Kestrel can beat.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private RawServer(ServiceProvider services) => _services = services;

    /// <summary>The address it listens on, for example <c>http://127.0.0.1:5000</c>.</summary>
    internal string Address => _services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();

    /// <param name="port">The port of the loopback address; 0 takes a free one.</param>
    internal static async Task<RawServer> StartAsync(int port)
    {
        var services = new ServiceCollection();
        var diagnostics = new DiagnosticListener("Microsoft.AspNetCore");
        services.AddSingleton(diagnostics).AddSingleton<DiagnosticSource>(diagnostics).AddLogging().AddMetrics();
        new KestrelRegistrar(services, new ConfigurationBuilder().Build()).UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Listen(IPAddress.Loopback, port);
        });
        var provider = services.BuildServiceProvider();
        var server = new RawServer(provider);
        await provider.GetRequiredService<IServer>().StartAsync(new LimitApplication(), CancellationToken.None);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _services.GetRequiredService<IServer>().StopAsync(patience.Token);
        await _services.DisposeAsync();
    }
}
