using Channels.Tests.EndToEnd;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter;

/// <summary>Two processes on one Redis.</summary>
public sealed class RedisTopicTests
{
    [Test]
    [Proves("SR-58", "SR-66")]
    public async Task Topics_reach_over_processes_and_outlive_one_of_them()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var first = await ConformanceServer.StartAsync("--layer", "redis-pubsub", "--redis", redis.Address);
        await using var second = await ConformanceServer.StartAsync("--layer", "redis-pubsub", "--redis", redis.Address);
        using var ali = await JsonSocket.ConnectAsync(first.WebSocketUrl("router/?user=ali"));
        using var eve = await JsonSocket.ConnectAsync(second.WebSocketUrl("router/?user=eve"));
        const string join = """{"uuid":"j","route":"$join","payload":{"topic":"room.1","presence":{}}}""";
        await ali.SendAsync(join);
        await ali.ReceiveAsync("uuid", "j");
        await eve.SendAsync(join);
        await eve.ReceiveAsync("uuid", "j");
        Assert.That((await ali.ReceiveAsync("route", "$presence.diff")).GetProperty("payload").GetProperty("joins").TryGetProperty("eve", out _), Is.True);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            using var publisher = await JsonSocket.ConnectAsync((number % 2 == 0 ? first : second).WebSocketUrl("router/"));
            for (var i = 0; i < 500; i++)
            {
                await publisher.SendAsync("""{"uuid":"p","route":"publish","payload":{"topic":"room.1","payload":1}}""");
                await publisher.ReceiveAsync("uuid", "p");
            }
        }));
        for (var offset = 1; offset <= 4_000; offset++)
        {
            Assert.That((await ali.ReceiveAsync("route", "message")).GetProperty("headers").GetProperty("offset").GetInt32(), Is.EqualTo(offset));
        }

        await second.KillAsync();
        Assert.That((await ali.ReceiveAsync("route", "$presence.diff")).GetProperty("payload").GetProperty("leaves").TryGetProperty("eve", out _), Is.True);
    }
}
