using Channels.Kestrel;
using Microsoft.Extensions.Configuration;

namespace Channels.Tests.Support;

/// <summary>Configuration of a test's host.</summary>
internal static class BuilderSettings
{
    /// <summary>Adds settings stronger than all others.</summary>
    public static void Set(this ChannelsHostBuilder builder, Dictionary<string, string?>? settings) =>
        builder.Configuration.AddInMemoryCollection(settings ?? []);

    /// <summary>Adds one setting stronger than all others.</summary>
    public static void Set(this ChannelsHostBuilder builder, string key, string value) => builder.Set(new Dictionary<string, string?> { [key] = value });
}
