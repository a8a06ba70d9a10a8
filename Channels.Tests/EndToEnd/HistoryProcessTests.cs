using System.Diagnostics;
using Channels.Tests.Layers.Redis;

namespace Channels.Tests.EndToEnd;

/// <summary>Two processes of the conformance sample on one Redis: clients move between them, and miss nothing.</summary>
public sealed class HistoryProcessTests
{
    [TestCase("redis")]
    [TestCase("redis-pubsub")]
    public async Task A_client_whose_server_was_killed_goes_on_at_the_other_one(string layer)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await ConformanceServer.StartAsync(RedisOptions.Arguments(layer, redis.Address));
        await using var two = await ConformanceServer.StartAsync(RedisOptions.Arguments(layer, redis.Address));
        using var publisher = await ConnectAsync(two, "");
        await publisher.ReceiveAsync();
        using var client = await ConnectAsync(one, "");
        var epoch = (await client.ReceiveAsync()).GetProperty("epoch").GetString();
        for (var n = 1; n <= 50; n++)
        {
            await publisher.SendAsync($"{n}");
        }

        for (var n = 1; n <= 20; n++)
        {
            Assert.That((await client.ReceiveAsync()).GetProperty("text").GetString(), Is.EqualTo($"{n}"));
        }

        using (var process = Process.GetProcessById(one.Id))
        {
            process.Kill();
        }

        using var back = await ConnectAsync(two, $"?since={epoch}:20");
        await publisher.SendAsync("51");
        await back.ReceiveAsync();
        for (var n = 21; n <= 51; n++)
        {
            var message = await back.ReceiveAsync();
            Assert.That((message.GetProperty("offset").GetInt64(), message.GetProperty("text").GetString()), Is.EqualTo(((long)n, $"{n}")));
        }
    }

    private static Task<JsonSocket> ConnectAsync(SampleProcess server, string query) =>
        JsonSocket.ConnectAsync(new Uri($"ws://{server.Addresses[0].Authority}/history/tea{query}"));
}
