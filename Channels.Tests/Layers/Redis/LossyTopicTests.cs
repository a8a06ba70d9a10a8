using Channels.Tests.EndToEnd;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Topics of the socket router in two processes between which a tenth of what is published is lost, and more comes in another order.</summary>
public sealed class LossyTopicTests
{
    private int _requests;

    [Test]
    [Proves("SR-61", "SR-63")]
    public async Task Who_watches_a_topic_knows_who_is_there()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var proxy = new LossyProxy(redis.Port);
        var arguments = RedisOptions.Arguments("redis-pubsub", proxy.Address);
        await using var first = await ConformanceServer.StartAsync(arguments);
        await using var second = await ConformanceServer.StartAsync(arguments);
        using var watcher = await JsonSocket.ConnectAsync(second.WebSocketUrl("router/?user=watcher"));
        await AskAsync(watcher, "$join", """{"topic":"room.1","presence":true}""");
        var watching = WatchAsync(watcher);

        var people = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => JsonSocket.ConnectAsync(first.WebSocketUrl($"router/?user=k{n}"))));
        var there = new HashSet<string>();
        var random = new Random(10);
        for (var i = 0; i < 300; i++)
        {
            var n = random.Next(people.Length);
            if (there.Remove($"k{n}"))
            {
                await AskAsync(people[n], "$leave", """{"topic":"room.1"}""");
            }
            else
            {
                there.Add($"k{n}");
                await AskAsync(people[n], "$join", """{"topic":"room.1","presence":{}}""");
            }
        }

        for (var late = 0; !watching.IsCompleted; late++)
        {
            // Shows the loss of what was before it.
            using var socket = await JsonSocket.ConnectAsync(first.WebSocketUrl($"router/?user=late{late}"));
            await AskAsync(socket, "$join", """{"topic":"room.1","presence":{}}""");
        }

        Assert.That(await watching, Is.EquivalentTo(there));
        Assert.That(proxy.Lost, Is.Positive);
        Array.ForEach(people, socket => socket.Dispose());
    }

    private async Task AskAsync(JsonSocket socket, string route, string payload)
    {
        var uuid = $"r{++_requests}";
        await socket.SendAsync($$"""{"uuid":"{{uuid}}","route":"{{route}}","payload":{{payload}}}""");
        Assert.That((await socket.ReceiveAsync("uuid", uuid)).GetProperty("status").GetInt32(), Is.EqualTo(200));
    }

    // Who is there by the news alone, until the first of those who come late.
    private static async Task<HashSet<string>> WatchAsync(JsonSocket socket)
    {
        var known = new HashSet<string>();
        while (true)
        {
            var news = (await socket.ReceiveAsync("route", "$presence.diff")).GetProperty("payload");
            foreach (var left in news.GetProperty("leaves").EnumerateObject())
            {
                Assert.That(known.Remove(left.Name), Is.True, $"{left.Name} leaves who was not there");
            }

            foreach (var joined in news.GetProperty("joins").EnumerateObject())
            {
                if (joined.Name.StartsWith("late", StringComparison.Ordinal))
                {
                    return known;
                }

                Assert.That(known.Add(joined.Name), Is.True, $"{joined.Name} joins who was there");
            }
        }
    }
}
