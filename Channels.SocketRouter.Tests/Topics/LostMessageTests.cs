using Channels.SocketRouter;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>What the layer loses on its way is read from the history.</summary>
public sealed class LostMessageTests
{
    [TestCase(1, 10)]
    [TestCase(2, 50)]
    [Proves("SR-59")]
    public async Task Each_subscriber_has_every_message_once_and_in_order(int seed, int lostOfHundred)
    {
        const int messages = 500;
        var random = new Random(seed);
        await using var server = new TopicServer();
        var history = server.Services.GetRequiredService<IGroupHistory>();
        TopicClient[] clients = [await server.ConnectAsync("ali"), await server.ConnectAsync("eve")];
        foreach (var client in clients)
        {
            await client.JoinAsync("room.1");
        }

        var receiving = clients.Select(client => client.ReceiveTextsAsync(messages)).ToList();
        for (var i = 1; i <= messages; i++)
        {
            // What is only written down is what a layer has lost on its way to everybody.
            if (i < messages && random.Next(100) < lostOfHundred)
            {
                await history.AppendAsync("sr.t.room.1", TopicMessage.Make("room.1", "\"said\""u8.ToArray(), System.Text.Encoding.ASCII.GetBytes($"\"{i}\"")));
            }
            else
            {
                await server.PublishAsync("room.1", $"{i}");
            }
        }

        foreach (var received in receiving)
        {
            Assert.That(await received, Is.EqualTo(Enumerable.Range(1, messages).Select(i => $"{i} {i}")));
        }
    }
}
