using Microsoft.Extensions.DependencyInjection;

namespace Channels.AspNetCore;

/// <summary>What the host has registered, without making any of it.</summary>
internal static class HostServices
{
    /// <summary>Whether a service is registered; true where the container does not tell.</summary>
    public static bool Has<T>(this IServiceProvider services) => services.GetService<IServiceProviderIsService>()?.IsService(typeof(T)) != false;
}
