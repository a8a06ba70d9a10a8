using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>What open sockets cost Redis while nothing is sent: the same with ten and with a thousand.</summary>
public sealed class IdleRedisTests
{
    private const int Pings = 6;

    [TestCase("redis", 2)]
    [TestCase("redis-pubsub", 2)]
    [Proves("R-CORE-4A", "FN-16")]
    public async Task Connections_and_idle_traffic_do_not_grow_with_the_number_of_sockets(string layout, int connections)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await ConformanceServer.StartAsync("--layer", layout, "--redis", redis.Address, "--Channels:Layers:default:PingInterval=00:00:00.5");
        var sockets = new List<JsonSocket>();
        try
        {
            await OpenAsync(server, sockets, 10);
            await Eventually.Is(async () => await ConnectionsAsync(redis) == connections); // one that Redis has not answered in time is made anew: there may be one more or less meanwhile
            await OpenAsync(server, sockets, 1000);
            await Eventually.Is(async () => await ConnectionsAsync(redis) == connections);
            Assert.That(await IdleTraffic.CountWithinAsync(redis, Pings), Is.LessThan(60), "a few for each connection, nothing per socket");
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task OpenAsync(SampleProcess server, List<JsonSocket> sockets, int count)
    {
        while (sockets.Count < count)
        {
            sockets.Add(await JsonSocket.ConnectAsync(server.WebSocketUrl("/group/idle")));
        }

        var last = $"{count} are open";
        await sockets[^1].SendAsync($$"""{"text":"{{last}}"}"""); // comes back once it has joined, as those before it have
        await sockets[^1].ReceiveAsync("text", last);
    }

    private static async Task<int> ConnectionsAsync(RedisServer redis) =>
        (await redis.CommandAsync("CLIENT", "LIST")).Split("\nid=").Length - 2; // before the first, and this one
}
