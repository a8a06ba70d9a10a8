using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Interop;

/// <summary>A consumer of Django Channels and one of ours, as members of one group, on both layouts.</summary>
public sealed class ConsumerInteropTests
{
    [TestCase("core", 1, false)]
    [TestCase("core", 3, true)]
    [TestCase("pubsub", 1, false)]
    [TestCase("pubsub", 3, false)]
    public async Task Consumers_of_both_languages_hear_each_other_in_one_group(string kind, int hosts, bool encrypted)
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, hosts).Select(_ => RedisServer.StartAsync()));
        try
        {
            await using var python = await PythonPeer.StartAsync(kind, servers, ("keys", encrypted ? new JsonArray("secret") : null));
            var theirs = await python.ConsumeAsync("room");
            var book = new ConcurrentQueue<ChannelMessage>();
            await using var site = await LiveServer.StartAsync(Consumer.Of<Room>(book), builder =>
            {
                var channels = builder.Services.AddChannels();
                void Configure(RedisLayerOptions options)
                {
                    RedisOptions.BePatient(options);
                    options.Hosts.Clear();
                    foreach (var server in servers)
                    {
                        options.Hosts.Add(server.Address);
                    }

                    if (encrypted)
                    {
                        options.SymmetricEncryptionKeys.Add("secret");
                    }
                }

                _ = kind == "core" ? channels.AddRedisLayer(configure: Configure) : channels.AddRedisPubSubLayer(configure: Configure);
            });
            using var socket = await site.ConnectAsync("/");
            var said = new MessageMap { ["text"] = "Grüße 你好", ["bytes"] = new byte[] { 0, 255 }, ["big"] = long.MinValue, ["list"] = new MessageValue[] { 1, new MessageMap { ["x"] = true } } };

            // Python confirms no subscription (R-PUB-12): said again until it was heard.
            await Eventually.Is(async () =>
            {
                await site.Services.GetRequiredService<IChannelLayer>().GroupSendAsync("room", "chat.message", said);
                return (await python.TakeAsync(1, TimeSpan.FromMilliseconds(200))) is [var (channel, message), ..] && channel == theirs
                    && message.Equals(InteropSamples.Wire("chat.message", said));
            });
            book.Clear();
            await python.SayAsync("room", InteropSamples.Wire("chat.message", new() { ["from"] = "python" }));
            await Eventually.Is(() => book.Any(message => message.Fields.ContainsKey("from")));
            Assert.That(book.Count(message => message.Fields.ContainsKey("from")), Is.EqualTo(1));
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private sealed class Room(ConcurrentQueue<ChannelMessage> book) : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["room"];

        protected override ValueTask DispatchAsync(Event message)
        {
            if (message is ChannelMessage { Type: "chat.message" } heard)
            {
                book.Enqueue(heard);
                return ValueTask.CompletedTask;
            }

            return base.DispatchAsync(message);
        }
    }
}
