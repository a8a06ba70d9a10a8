using Channels.Layers.Redis;
using Channels.Tests.Specifications;

namespace Channels.Tests.Layers.Redis;

/// <summary>Options for tests: the given servers, and patient with a busy machine.</summary>
internal static class RedisOptions
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20); // not too long to be waited for: what was refused is tried again after it
    private static readonly string[] Patience = [.. ((string[])["CommandTimeout", "ConnectTimeout", "PingInterval"]).Select(option => $"--Channels:Layers:default:{option}={Long:c}")];

    /// <summary>
    /// For tests whose subject is not how long Redis may take: a machine that stalls for seconds has lost no connection, nor what was on its way over one.
    /// Who asks every second whether a connection lives gives up one that is silent for a second.
    /// </summary>
    public static void BePatient(RedisLayerOptions options) => options.CommandTimeout = options.ConnectTimeout = options.PingInterval = Long;

    /// <summary>What a program is started with to use a layer of Redis, with the same patience.</summary>
    /// <param name="layer">What <c>--layer</c> names.</param>
    /// <param name="address">What <c>--redis</c> names.</param>
    public static string[] Arguments(string layer, string address) => ["--layer", layer, "--redis", address, .. Patience];

    /// <summary>For a layer that is registered: its server, and patience.</summary>
    public static Action<RedisLayerOptions> Of(string address) => options =>
    {
        BePatient(options);
        options.Hosts.Add(address);
    };

    public static RedisLayerOptions For(RedisServer server, LayerSetup? setup = null, string protocol = "resp3") => For([server], setup, protocol);

    public static RedisLayerOptions For(IReadOnlyList<RedisServer> servers, LayerSetup? setup = null, string protocol = "resp3")
    {
        var options = (setup ?? new()).ApplyTo(new RedisLayerOptions());
        BePatient(options);
        foreach (var server in servers)
        {
            options.Hosts.Add($"{server.Address},protocol={protocol}");
        }

        return options;
    }
}
