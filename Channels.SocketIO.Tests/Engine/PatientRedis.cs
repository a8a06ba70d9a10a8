using Channels.Layers.Redis;
using Channels.Tests.Layers.Redis;

namespace Channels.Tests.Engine;

/// <summary>The way to a Redis server for tests whose subject is not how long it may take: a machine that stalls is waited for.</summary>
internal static class PatientRedis
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5); // that the options allow

    extension(RedisServer server)
    {
        public void Configure(RedisLayerOptions options)
        {
            options.Hosts.Add(server.Address);
            (options.CommandTimeout, options.ConnectTimeout, options.PingInterval) = (Longest, Longest, Longest);
        }
    }
}
