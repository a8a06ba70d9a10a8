using Channels.Layers.Redis;
using Channels.Tests.Consumers;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Specifications;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Interop;

/// <summary>Requests to programs in Python and from them, by the map that docs/guides/requests.md describes.</summary>
public sealed class RequestInteropTests
{
    private static readonly TimeSpan Patience = Eventually.Patience;

    [TestCase("core")]
    [TestCase("pubsub")]
    public async Task Python_answers_what_we_ask_and_the_other_way_round(string kind)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var python = await PythonPeer.StartAsync(kind, [redis]);
        var services = new ServiceCollection();
        var channels = services.AddChannels();
        _ = kind == "core"
            ? channels.AddRedisLayer(configure: RedisOptions.Of(redis.Address))
            : channels.AddRedisPubSubLayer(configure: RedisOptions.Of(redis.Address));
        await using var process = services.BuildServiceProvider();

        var theirs = await python.NewChannelAsync();
        await python.ListenAsync(theirs);
        var asking = process.GetRequiredService<ChannelRequests>().RequestAsync(theirs, new ChannelMessage("price.ask", new() { ["name"] = "tea" }), Patience);
        var (_, request) = (await python.TakeAsync(1, Patience))[0]; // asked again until it was heard
        Assert.That((request["type"].GetText(), request["name"].GetText()), Is.EqualTo(("price.ask", "tea")));
        var mark = request["__channels_request__"].GetMap();
        Assert.That(mark["timeout"].GetInt64(), Is.EqualTo((long)Patience.TotalMilliseconds));
        await python.SendAsync(mark["reply_to"].GetText(), new()
        {
            ["type"] = "channels.reply",
            ["request"] = mark["id"],
            ["answer"] = new MessageMap { ["type"] = "price.told", ["price"] = 5 },
        });
        var answer = await asking;
        Assert.That((answer.Type, answer.Fields["price"].GetInt64()), Is.EqualTo(("price.told", 5)));

        var book = new AnswerBook();
        var socket = await MemberSocket.OpenAsync(Consumer.Of<AnsweringMember>(book), process);
        await python.SendAsync(book.Channel, new()
        {
            ["type"] = "test.double",
            ["number"] = 21,
            ["__channels_request__"] = new MessageMap { ["id"] = "mine", ["reply_to"] = theirs },
        });
        MessageMap? reply = null;
        await Eventually.Is(async () => (reply = (await python.TakeAsync(1, Patience)).Select(taken => taken.Message).FirstOrDefault(message => message["type"].GetText() == "channels.reply")) is not null);
        Assert.That(reply!["request"].GetText(), Is.EqualTo("mine")); // the condition says that it is there
        Assert.That(reply["answer"].GetMap(), Is.EqualTo(new MessageMap { ["type"] = "test.doubled", ["number"] = 42 }));
        await socket.EndAsync();
    }
}
