using Microsoft.Extensions.DependencyInjection;

namespace Channels.Testing;

/// <summary>Services for communicators: what <c>AddChannels</c> registers, so an in-memory layer called <c>default</c> unless the test adds another.</summary>
public static class TestServices
{
    /// <summary>Makes a provider; communicators that are to hear each other share it.</summary>
    /// <param name="configure">Adds further services, for example those that a consumer's constructor asks for. Default nothing.</param>
    /// <returns>The provider; the test disposes it.</returns>
    public static ServiceProvider Create(Action<IServiceCollection>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddChannels();
        configure?.Invoke(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
    }
}
