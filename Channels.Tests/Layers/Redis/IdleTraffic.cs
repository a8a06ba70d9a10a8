using System.Globalization;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>What a Redis server is asked while nobody sends anything, measured by the pings that come in regularly and not by a clock, so that a slow machine changes nothing.</summary>
internal static class IdleTraffic
{
    /// <summary>Watches until that many pings have come in, and gives how many other commands there were.</summary>
    public static async Task<long> CountWithinAsync(RedisServer server, int pings)
    {
        var before = await CallsAsync(server);
        var now = before;
        await Eventually.Is(async () => (now = await CallsAsync(server)).Pings >= before.Pings + pings);
        return now.Others - before.Others;
    }

    private static async Task<(long Pings, long Others)> CallsAsync(RedisServer server)
    {
        var (pings, others) = (0L, 0L);
        foreach (var line in (await server.CommandAsync("INFO", "commandstats")).Split('\n').Where(line => line.StartsWith("cmdstat_", StringComparison.Ordinal)))
        {
            var parts = line.Split("_:=,".ToCharArray());
            var calls = long.Parse(parts[3], CultureInfo.InvariantCulture); // cmdstat_NAME:calls=N,…
            if (parts[1] == "ping")
            {
                pings = calls;
            }
            else if (parts[1] != "info")
            {
                others += calls;
            }
        }

        return (pings, others);
    }
}
