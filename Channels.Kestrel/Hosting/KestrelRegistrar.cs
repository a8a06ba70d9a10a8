#pragma warning disable ASPDEPR008 // IWebHostBuilder's own signature names the obsolete IWebHost

using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Kestrel;

/// <summary>
/// The smallest web host builder that lets Kestrel's extensions register its services: HTTPS and endpoints from
/// configuration need registrations that are not public, so a server cannot be made by its constructor.
/// </summary>
internal sealed class KestrelRegistrar(IServiceCollection services) : IWebHostBuilder
{
    public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
    {
        configureServices(services);
        return this;
    }

    // Nothing that Kestrel registers looks at the context: its options read the host's configuration when they are made.
    public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
    {
        configureServices(new WebHostBuilderContext(), services);
        return this;
    }

    public string? GetSetting(string key) => null;

    public IWebHostBuilder UseSetting(string key, string? value) => this;

    public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) =>
        throw new NotSupportedException("Configure the application through its own host builder.");

    public IWebHost Build() => throw new NotSupportedException("Build the application through its own host builder.");
}
