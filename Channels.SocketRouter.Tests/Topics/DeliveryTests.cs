using System.Text.Json;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>Acknowledged deliveries, and requests that come twice.</summary>
public sealed class DeliveryTests
{
    [Test]
    [Proves("SR-71")]
    public async Task No_more_than_the_window_is_under_way()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();
        var epoch = (await client.JoinAsync("room.1", ""","ack":{"window":3,"timeoutMs":10000}""")).GetProperty("epoch").GetString();
        for (var i = 1; i <= 10; i++)
        {
            await server.PublishAsync("room.1", $"{i}");
        }

        Assert.That(await client.ReceiveTextsAsync(3), Is.EqualTo(new[] { "1 1", "2 2", "3 3" }));
        await client.NothingCameAsync();
        await client.SendAsync("$ack", $$"""{"topic":"room.1","epoch":"{{epoch}}","offset":2}""", """{"noReply":true}""");
        Assert.That(await client.ReceiveTextsAsync(2), Is.EqualTo(new[] { "4 4", "5 5" }));
        await client.NothingCameAsync();
    }

    [Test]
    public async Task What_is_not_acknowledged_comes_again_and_at_last_the_connection_is_closed()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();
        await client.JoinAsync("room.1", ""","ack":{"window":3,"timeoutMs":1000}""");
        await server.PublishAsync("room.1", "one");
        Assert.That(await client.ReceiveTextsAsync(1), Is.EqualTo(new[] { "1 one" }));
        for (var round = 0; round < 3; round++)
        {
            await AdvanceAsync(server);
            var again = await client.ReceiveAsync();
            Assert.That(again.GetProperty("headers").GetProperty("redelivered").GetBoolean(), Is.True);
            Assert.That(again.GetProperty("headers").GetProperty("offset").GetInt64(), Is.EqualTo(1));
        }

        await AdvanceAsync(server);
        Assert.That((await client.Socket.ReceiveCloseAsync()).Code, Is.EqualTo(1013));

        // The watch for silence is one timer, the deadline of requests another.
        static async Task AdvanceAsync(TopicServer server)
        {
            await server.Time.WaitForTimersAsync(3);
            server.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Test]
    [Proves("SR-70")]
    public async Task Acknowledgements_never_go_back_and_joining_goes_on_behind_them()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync("ali");
        var epoch = (await client.JoinAsync("room.1", ""","ack":true""")).GetProperty("epoch").GetString();
        for (var i = 1; i <= 5; i++)
        {
            await server.PublishAsync("room.1", $"{i}");
        }

        await client.ReceiveTextsAsync(5);
        foreach (var offset in new[] { 3, 2 })
        {
            Assert.That((await client.AskAsync("$ack", $$"""{"topic":"room.1","epoch":"{{epoch}}","offset":{{offset}}}""")).GetProperty("status").GetInt32(), Is.EqualTo(200));
        }

        await client.Socket.DisconnectAsync();
        var back = await server.ConnectAsync("ali");
        var joined = await back.JoinAsync("room.1", ""","since":"acked","ack":true""");
        Assert.That(joined.GetProperty("recovered").GetBoolean(), Is.True);
        Assert.That(joined.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("offset").GetInt32()), Is.EqualTo(new[] { 4, 5 }));
        var other = await server.ConnectAsync("eve");
        Assert.That((await other.JoinAsync("room.1", ""","since":"acked" """)).GetProperty("recovered").GetBoolean(), Is.False, "she has acknowledged nothing");
    }

    [Test]
    [Proves("SR-70")]
    public async Task However_many_acknowledgements_there_are_the_last_counts()
    {
        const int many = 1_500;
        await using var server = new TopicServer(services => services.Configure<HistoryOptions>(options => options.MaxMessages = 10 * many));
        for (var i = 1; i <= many; i++)
        {
            await server.PublishAsync("room.1", $"{i}");
        }

        var client = await server.ConnectAsync("ali");
        var epoch = (await client.JoinAsync("room.1")).GetProperty("epoch").GetString();
        for (var offset = 1; offset <= many; offset++)
        {
            Assert.That((await client.AskAsync("$ack", $$"""{"topic":"room.1","epoch":"{{epoch}}","offset":{{offset}}}""")).GetProperty("status").GetInt32(), Is.EqualTo(200));
        }

        var joined = await client.JoinAsync("room.1", ""","since":"acked" """);
        Assert.That(joined.GetProperty("recovered").GetBoolean(), Is.True);
        Assert.That(joined.GetProperty("messages").GetArrayLength(), Is.Zero);
    }

    [Test]
    [Proves("SR-72")]
    public async Task A_request_that_is_repeated_more_often_than_the_history_keeps_still_runs_once()
    {
        await using var server = new TopicServer(services => services.Configure<HistoryOptions>(options => options.MaxMessages = 10));
        const string key = """{"idempotencyKey":"k-1"}""";
        var (first, second) = (await server.ConnectAsync("ali"), await server.ConnectAsync("ali"));
        await first.SendAsync("once", "null", key);
        await server.Calls.Gate.Reached;
        for (var i = 0; i < 20; i++)
        {
            Assert.That((await second.AskAsync("once", "null", key)).GetProperty("status").GetInt32(), Is.EqualTo(409), "it runs");
        }

        server.Calls.Gate.Open();
        await first.ReceiveAsync();
        for (var i = 0; i < 20; i++)
        {
            var repeated = await second.AskAsync("once", "null", key);
            Assert.That((repeated.GetProperty("status").GetInt32(), repeated.GetProperty("payload").GetInt32()), Is.EqualTo((200, 1)));
        }
    }

    [Test]
    [Proves("SR-72")]
    public async Task Two_requests_with_one_key_run_the_handler_once()
    {
        await using var server = new TopicServer();
        const string key = """{"idempotencyKey":"k-1"}""";
        var (first, second) = (await server.ConnectAsync("ali"), await server.ConnectAsync("ali"));
        await first.SendAsync("once", "null", key);
        await server.Calls.Gate.Reached;

        var early = await second.AskAsync("once", "null", key);
        Assert.That(early.GetProperty("status").GetInt32(), Is.EqualTo(409));
        Assert.That(early.GetProperty("headers").GetProperty("retryAfterMs").GetInt32(), Is.Positive);
        server.Calls.Gate.Open();
        var answer = await first.ReceiveAsync();
        var repeated = await second.AskAsync("once", "null", key);
        Assert.That(repeated.GetProperty("payload").GetInt32(), Is.EqualTo(1));
        Assert.That(repeated.GetProperty("status").GetInt32(), Is.EqualTo(answer.GetProperty("status").GetInt32()));
        Assert.That(server.Calls.Count, Is.EqualTo(1));

        Assert.That((await second.AskAsync("once", "null", """{"idempotencyKey":"k-2"}""")).GetProperty("payload").GetInt32(), Is.EqualTo(2), "another key");
        Assert.That((await (await server.ConnectAsync("eve")).AskAsync("once", "null", key)).GetProperty("payload").GetInt32(), Is.EqualTo(3), "another user");
    }

    [Test]
    public async Task A_failure_is_an_answer_like_any_other()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            Assert.That((await client.AskAsync("onceAndFail", "null", """{"idempotencyKey":"k"}""")).GetProperty("status").GetInt32(), Is.EqualTo(500));
        }

        Assert.That(server.Calls.Count, Is.EqualTo(1));
    }
}
