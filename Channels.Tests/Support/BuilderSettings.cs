using Channels.Kestrel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Support;

/// <summary>Configuration of a test's host.</summary>
internal static class BuilderSettings
{
    /// <summary>Adds settings stronger than all others.</summary>
    public static void Set(this ChannelsHostBuilder builder, Dictionary<string, string?>? settings) =>
        builder.Configuration.AddInMemoryCollection(settings ?? []);

    /// <summary>Adds one setting stronger than all others.</summary>
    public static void Set(this ChannelsHostBuilder builder, string key, string value) => builder.Set(new Dictionary<string, string?> { [key] = value });

    /// <summary>
    /// The host of these services goes by a test's clock, with which nobody's pongs, handshakes and messages keep up: what makes a socket wait for a peer has no deadline. A client
    /// knows that it is connected before the server has noted that it is.
    /// </summary>
    public static void GoBy(this IServiceCollection services, TimeProvider time)
    {
        services.AddSingleton(time);
        services.Configure<WebSocketServerOptions>(options => options.KeepAliveInterval = options.HandshakeTimeout = options.MessageTimeout = TimeSpan.Zero);
    }
}
