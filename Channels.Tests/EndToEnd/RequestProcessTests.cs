using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using Channels.Layers.Redis;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.EndToEnd;

/// <summary>Requests to another process, and what becomes of them when it is killed.</summary>
public sealed class RequestProcessTests
{
    [TestCase("redis")]
    [TestCase("redis-pubsub")]
    public async Task A_killed_process_answers_no_more_and_whoever_asked_it_hears_of_it(string layer)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await ConformanceServer.StartAsync(RedisOptions.Arguments(layer, redis.Address));
        var services = new ServiceCollection();
        var channels = services.AddChannels();
        _ = layer == "redis"
            ? channels.AddRedisLayer(configure: RedisOptions.Of(redis.Address))
            : channels.AddRedisPubSubLayer(configure: RedisOptions.Of(redis.Address));
        await using var process = services.BuildServiceProvider();
        var requests = process.GetRequiredService<ChannelRequests>();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(server.WebSocketUrl("/answers"), default);
        var channel = await NextAsync(socket);

        var answer = await requests.RequestAsync(channel, new ChannelMessage("answer.echo", new() { ["text"] = "hello" }), TimeSpan.FromMinutes(1));
        Assert.That(answer.Fields, Is.EqualTo(new MessageMap { ["text"] = "hello", ["process"] = server.Id }));

        var held = requests.RequestAsync(channel, new ChannelMessage("answer.hold"), TimeSpan.FromSeconds(5));
        Assert.That(await NextAsync(socket), Is.EqualTo("holding"));
        using (var killed = Process.GetProcessById(server.Id))
        {
            killed.Kill();
        }

        Assert.That(async () => await held, Throws.InstanceOf<RequestException>().And.Not.TypeOf<RequestFailedException>(), "it began, whether or not that came through");
        Assert.That(async () => await requests.RequestAsync(channel, new ChannelMessage("answer.echo"), TimeSpan.FromSeconds(1)), Throws.TypeOf<RequestUnansweredException>());
        Assert.That(requests.PendingCount, Is.Zero);
    }

    private static async Task<string> NextAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        var buffer = new byte[1_024];
        var result = await socket.ReceiveAsync(buffer, patience.Token);
        return Encoding.UTF8.GetString(buffer, 0, result.Count);
    }
}
