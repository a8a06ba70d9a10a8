using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Testing;

/// <summary>Services for communicators, with an in-memory layer under the name <c>default</c>.</summary>
public static class TestServices
{
    /// <summary>Makes a provider; communicators that are to hear each other share it.</summary>
    /// <param name="configure">Adds further services, for example those that a consumer's constructor asks for.</param>
    /// <returns>The provider; the test disposes it.</returns>
    public static ServiceProvider Create(Action<IServiceCollection>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        configure?.Invoke(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
    }
}
