#pragma warning disable ASPDEPR008 // IWebHostBuilder's own signature names the obsolete IWebHost

using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Kestrel;

/// <summary>
/// The smallest web host builder that lets <c>UseKestrel</c> register its services: HTTPS and endpoints from
/// configuration need registrations that are not public, so a server cannot be made by its constructor (E-72, E-73).
/// </summary>
internal sealed class KestrelRegistrar(IServiceCollection services, WebHostBuilderContext context) : IWebHostBuilder
{
    public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
    {
        configureServices(services);
        return this;
    }

    public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
    {
        configureServices(context, services);
        return this;
    }

    public string? GetSetting(string key) => context.Configuration[key];

    public IWebHostBuilder UseSetting(string key, string? value)
    {
        context.Configuration[key] = value;
        return this;
    }

    public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) =>
        throw new NotSupportedException("Configure the application through ChannelsHostBuilder.Configuration.");

    public IWebHost Build() => throw new NotSupportedException("Build the application through ChannelsHostBuilder.Build.");
}
