using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Benchmarks;

/// <summary>Lets <c>UseKestrelCore</c> register a server in a bare service collection: no web host, no middleware, no HttpContext.</summary>
internal sealed class KestrelRegistrar(IServiceCollection services, IConfiguration configuration) : IWebHostBuilder
{
    private readonly WebHostBuilderContext _context = new() { Configuration = configuration };

    public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
    {
        configureServices(services);
        return this;
    }

    public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
    {
        configureServices(_context, services);
        return this;
    }

    public string? GetSetting(string key) => configuration[key];

    public IWebHostBuilder UseSetting(string key, string? value)
    {
        configuration[key] = value;
        return this;
    }

    public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) =>
        throw new NotSupportedException("Configuration is given to the constructor.");

#pragma warning disable ASPDEPR008 // The interface asks for the obsolete type; nothing builds it here.
    public IWebHost Build() => throw new NotSupportedException("Only registrations are wanted.");
#pragma warning restore ASPDEPR008
}
