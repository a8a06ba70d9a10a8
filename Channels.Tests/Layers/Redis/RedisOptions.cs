using Channels.Layers.Redis;
using Channels.Tests.Specifications;

namespace Channels.Tests.Layers.Redis;

/// <summary>Options for tests: the given servers, and asking often enough to see faults soon, but patient with a busy machine.</summary>
internal static class RedisOptions
{
    public static RedisLayerOptions For(RedisServer server, LayerSetup? setup = null, string protocol = "resp3") => For([server], setup, protocol);

    public static RedisLayerOptions For(IReadOnlyList<RedisServer> servers, LayerSetup? setup = null, string protocol = "resp3")
    {
        var options = (setup ?? new()).ApplyTo(new RedisLayerOptions { PingInterval = TimeSpan.FromSeconds(1), CommandTimeout = TimeSpan.FromSeconds(20) });
        foreach (var server in servers)
        {
            options.Hosts.Add($"{server.Address},protocol={protocol}");
        }

        return options;
    }
}
