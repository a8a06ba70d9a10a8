using System.Text.Json;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>Joining, recovery, order.</summary>
public sealed class TopicTests
{
    [Test]
    [Proves("SR-55", "SR-36")]
    public async Task Who_joins_learns_where_the_topic_stands_and_hears_what_follows()
    {
        await using var server = new TopicServer();
        await server.PublishAsync("room.1", "before");
        var client = await server.ConnectAsync();

        var joined = await client.JoinAsync("room.1");

        Assert.That(joined.GetProperty("topic").GetString(), Is.EqualTo("room.1"));
        Assert.That(joined.GetProperty("offset").GetInt64(), Is.EqualTo(1));
        Assert.That(joined.GetProperty("recovered").GetBoolean(), Is.False);
        Assert.That(joined.GetProperty("messages").GetArrayLength(), Is.Zero);
        await server.PublishAsync("room.1", "hello");
        var push = await client.Socket.ReceiveTextAsync();
        Assert.That(push, Is.EqualTo($$"""{"headers":{"topic":"room.1","epoch":"{{joined.GetProperty("epoch").GetString()}}","offset":2},"payload":"hello","uuid":"","status":200,"route":"said"}"""));
    }

    [Test]
    public async Task Who_joins_and_then_publishes_hears_it_behind_both_replies()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();
        await client.SendAsync("$join", """{"topic":"room.1"}""");
        await client.SendAsync("publish", """{"topic":"room.1","payload":"mine"}""");

        Assert.That((await client.ReceiveAsync()).GetProperty("uuid").GetString(), Is.EqualTo("1"));
        string[] rest = [(await client.ReceiveAsync()).GetProperty("uuid").GetString()!, (await client.ReceiveAsync()).GetProperty("uuid").GetString()!];
        Assert.That(rest, Is.EquivalentTo(new[] { "2", "" }));
    }

    [Test]
    [Proves("SR-56")]
    public async Task What_was_missed_comes_with_the_reply()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();
        var joined = await client.JoinAsync("room.1");
        await server.PublishAsync("room.1", "one");
        await client.ReceiveTextsAsync(1);
        await client.Socket.DisconnectAsync();
        await server.PublishAsync("room.1", "two");
        await server.PublishAsync("room.1", "three");

        var back = await server.ConnectAsync();
        var again = await back.JoinAsync("room.1", $$""","since":{"epoch":"{{joined.GetProperty("epoch").GetString()}}","offset":1}""");

        Assert.That(again.GetProperty("recovered").GetBoolean(), Is.True);
        Assert.That(again.GetProperty("offset").GetInt64(), Is.EqualTo(3));
        Assert.That(again.GetProperty("messages").GetRawText().Replace(" ", ""), Is.EqualTo("""[{"offset":2,"route":"said","payload":"two"},{"offset":3,"route":"said","payload":"three"}]"""));
        await server.PublishAsync("room.1", "four");
        Assert.That(await back.ReceiveTextsAsync(1), Is.EqualTo(new[] { "4 four" }));
    }

    [TestCase("other", 1)]
    [TestCase("", 0)]
    [TestCase("", 400)]
    [TestCase("", 99)]
    [Proves("SR-57")]
    public async Task What_cannot_be_had_is_not_recovered(string epoch, long offset)
    {
        await using var server = new TopicServer(services => services.Configure<HistoryOptions>(options => options.MaxMessages = 395));
        for (var i = 1; i <= 399; i++)
        {
            await server.PublishAsync("room.1", $"{i}");
        }

        var client = await server.ConnectAsync();
        var known = epoch.Length > 0 ? epoch : (await client.JoinAsync("room.2")).GetProperty("epoch").GetString();
        known = epoch.Length > 0 ? epoch : (await client.JoinAsync("room.1")).GetProperty("epoch").GetString();
        var other = await server.ConnectAsync();
        var joined = await other.JoinAsync("room.1", $$""","since":{"epoch":"{{known}}","offset":{{offset}}}""");

        Assert.That(joined.GetProperty("recovered").GetBoolean(), Is.EqualTo(offset == 99));
        Assert.That(joined.GetProperty("messages").GetArrayLength(), Is.EqualTo(offset == 99 ? 300 : 0));
        Assert.That(joined.GetProperty("offset").GetInt64(), Is.EqualTo(399));
        if (offset == 99)
        {
            var more = await (await server.ConnectAsync()).JoinAsync("room.1", $$""","since":{"epoch":"{{known}}","offset":98}""");
            Assert.That(more.GetProperty("recovered").GetBoolean(), Is.False, "301 are more than 300");
        }
    }

    [Test]
    public async Task The_newest_message_alone_can_be_asked_for()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();
        Assert.That((await client.JoinAsync("room.0", ""","since":"last" """)).GetProperty("messages").GetArrayLength(), Is.Zero);
        await server.PublishAsync("room.1", "one");
        await server.PublishAsync("room.1", "two");

        var joined = await client.JoinAsync("room.1", ""","since":"last" """);

        Assert.That(joined.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("payload").GetString()), Is.EqualTo(new[] { "two" }));
    }

    [Test]
    [Proves("SR-61")]
    public async Task What_is_published_while_somebody_joins_is_neither_lost_nor_doubled()
    {
        await using var server = new TopicServer();
        var publishing = Task.Run(async () =>
        {
            for (var i = 1; i <= 300; i++)
            {
                await server.PublishAsync("room.1", $"{i}");
                await Task.Yield();
            }
        });
        for (var round = 0; round < 10; round++)
        {
            var client = await server.ConnectAsync();
            var joined = await client.JoinAsync("room.1");
            var from = joined.GetProperty("offset").GetInt64();
            var left = (int)(300 - from);
            Assert.That(await client.ReceiveTextsAsync(left), Is.EqualTo(Enumerable.Range((int)from + 1, left).Select(i => $"{i} {i}")));
        }

        await publishing;
    }

    [Test]
    [Proves("SR-62")]
    public async Task Who_may_not_join_hears_nothing()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();

        Assert.That((await client.AskAsync("$join", """{"topic":"private.1","presence":{}}""")).GetProperty("status").GetInt32(), Is.EqualTo(403));
        await server.PublishAsync("private.1", "secret");
        await client.NothingCameAsync();
        Assert.That((await client.AskAsync("$presence", """{"topic":"private.1"}""")).GetProperty("status").GetInt32(), Is.EqualTo(404));
    }

    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("""{"topic":5}""")]
    [TestCase("""{"topic":""}""")]
    [TestCase("""{"topic":"room.1","since":"never"}""")]
    [TestCase("""{"topic":"room.1","since":{"epoch":"e"}}""")]
    [TestCase("""{"topic":"room.1","since":{"epoch":"e","offset":-1}}""")]
    [TestCase("""{"topic":"room.1","presence":5}""")]
    [TestCase("""{"topic":"room.1","presence":{"meta":[]}}""")]
    [TestCase("""{"topic":"room.1","ack":{"window":0}}""")]
    [TestCase("""{"topic":"room.1","ack":{"timeoutMs":"x"}}""")]
    public async Task What_makes_no_sense_is_invalid_data(string payload)
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();

        Assert.That((await client.AskAsync("$join", payload)).GetProperty("payload").GetProperty("error").GetString(), Is.EqualTo("CallError.InvalidData"));
    }

    [Test]
    public async Task Who_leaves_hears_no_more_and_may_come_back()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();
        await client.JoinAsync("room.1");
        for (var i = 0; i < 2; i++)
        {
            Assert.That((await client.AskAsync("$leave", """{"topic":"room.1"}""")).GetProperty("payload").GetProperty("topic").GetString(), Is.EqualTo("room.1"));
        }

        await server.PublishAsync("room.1", "unheard");
        await client.NothingCameAsync();
        await client.JoinAsync("room.1");
        await server.PublishAsync("room.1", "heard");
        Assert.That(await client.ReceiveTextsAsync(1), Is.EqualTo(new[] { "2 heard" }));
    }

    [Test]
    [Proves("SR-74")]
    public async Task Any_text_may_be_a_topic()
    {
        await using var server = new TopicServer();
        string[] topics = ["räume/1", "räume/2", new string('x', 94), new string('x', 95), new string('x', 96), "a b", "A B", "sr.h.x"];
        var client = await server.ConnectAsync();
        foreach (var topic in topics)
        {
            await client.JoinAsync(topic, ""","presence":{}""");
        }

        var eve = await server.ConnectAsync("eve");
        foreach (var topic in topics)
        {
            await eve.JoinAsync(topic, ""","presence":{}""");
            var diff = await client.ReceiveAsync();
            Assert.That(diff.GetProperty("route").GetString(), Is.EqualTo("$presence.diff"));
            Assert.That(diff.GetProperty("headers").GetProperty("topic").GetString(), Is.EqualTo(topic));
        }

        foreach (var topic in topics)
        {
            await server.PublishAsync(topic, topic);
            var push = await client.ReceiveAsync();
            Assert.That(push.GetProperty("headers").GetProperty("topic").GetString(), Is.EqualTo(topic));
            Assert.That(push.GetProperty("payload").GetString(), Is.EqualTo(topic));
        }
    }

    [Test]
    [Proves("SR-58")]
    public async Task Many_who_publish_leave_no_hole()
    {
        await using var server = new TopicServer();
        var offsets = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var own = new List<long>();
            for (var i = 0; i < 500; i++)
            {
                own.Add(await server.PublishAsync("room.1", "x"));
            }

            return own;
        })));

        Assert.That(offsets.SelectMany(own => own).Order(), Is.EqualTo(Enumerable.Range(1, 4000).Select(i => (long)i)));
    }
}
