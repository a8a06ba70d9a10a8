using System.Globalization;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>What open sockets cost Redis while nothing is sent: the same with ten and with a thousand.</summary>
public sealed class IdleRedisTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(6); // longer than a blocking pop

    [TestCase("redis", 3)]
    [TestCase("redis-pubsub", 3)]
    [Proves("R-CORE-4A")]
    public async Task Connections_and_idle_traffic_do_not_grow_with_the_number_of_sockets(string layout, int mostConnections)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await ConformanceServer.StartAsync("--layer", layout, "--redis", redis.Address, "--Channels:Layers:default:PingInterval=00:00:01");
        var sockets = new List<JsonSocket>();
        try
        {
            var few = await MeasureAsync(redis, server, sockets, 10);
            var many = await MeasureAsync(redis, server, sockets, 1000);
            Assert.That(few.Connections, Is.LessThanOrEqualTo(mostConnections));
            Assert.That(many.Connections, Is.EqualTo(few.Connections));
            Assert.That(many.Commands, Is.EqualTo(few.Commands).Within(6), "pings of each connection; a few fall on either side of the window's ends");
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task<(int Connections, long Commands)> MeasureAsync(RedisServer redis, SampleProcess server, List<JsonSocket> sockets, int count)
    {
        while (sockets.Count < count)
        {
            sockets.Add(await JsonSocket.ConnectAsync(server.WebSocketUrl("/group/idle")));
        }

        await Task.Delay(500); // the last one has joined the group
        var connections = (await redis.CommandAsync("CLIENT", "LIST")).Split("\nid=").Length - 2; // before the first, and this one
        var before = await CommandsAsync(redis);
        await Task.Delay(Idle);
        var commands = await CommandsAsync(redis) - before - 1; // the first question itself
        TestContext.Out.WriteLine($"{count} sockets: {connections} connections, {commands / Idle.TotalSeconds:0.0} commands/s");
        return (connections, commands);
    }

    private static async Task<long> CommandsAsync(RedisServer redis)
    {
        const string name = "total_commands_processed:";
        var statistics = (await redis.CommandAsync("INFO", "stats")).Split('\n');
        return long.Parse(statistics.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..], CultureInfo.InvariantCulture);
    }
}
