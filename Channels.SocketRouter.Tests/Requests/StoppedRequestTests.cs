using System.Text.Json;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter;

/// <summary>Idempotent requests that were told to stop: that is no answer, so they run again.</summary>
public sealed class StoppedRequestTests
{
    private const string Key = """{"idempotencyKey":"k-1"}""";

    [TestCase("drop")]
    [TestCase("cancel")]
    [TestCase("deadline")]
    [Proves("SR-72")]
    public async Task A_request_that_was_told_to_stop_runs_again_when_it_comes_again(string end)
    {
        await using var server = new TopicServer();
        var (first, second) = (await server.ConnectAsync(), await server.ConnectAsync());
        await first.SendAsync("onceUnlessTold", "null", Key);
        await server.Calls.Gate.Reached;
        switch (end)
        {
            case "drop":
                await first.Socket.DisconnectAsync();
                break;
            case "cancel":
                Assert.That(StatusOf(await first.AskAsync("$cancel", """{"uuid":"1"}""")), Is.EqualTo(499));
                Assert.That(StatusOf(await first.ReceiveAsync()), Is.EqualTo(200));
                await StopsAsync(first);
                break;
            default:
                server.Time.Advance(TimeSpan.FromSeconds(30));
                Assert.That(StatusOf(await first.ReceiveAsync()), Is.EqualTo(408));
                await StopsAsync(first);
                break;
        }

        server.Calls.Gate.Open();
        for (var i = 0; i < 2; i++)
        {
            var again = await second.AskAsync("onceUnlessTold", "null", Key);
            Assert.That((StatusOf(again), again.GetProperty("payload").GetRawText()), Is.EqualTo((200, "2")));
        }
    }

    [Test]
    [Proves("SR-72")]
    public async Task Who_takes_long_to_stop_frees_nobody_who_has_begun_since()
    {
        await using var server = new TopicServer();
        var stops = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Calls.Stops = stops.Task;
        var (first, second, third) = (await server.ConnectAsync(), await server.ConnectAsync(), await server.ConnectAsync());
        await first.SendAsync("onceUnlessTold", "null", Key);
        await server.Calls.Gate.Reached;
        Assert.That(StatusOf(await third.AskAsync("onceUnlessTold", "null", Key)), Is.EqualTo(409));
        server.Time.Advance(TimeSpan.FromMilliseconds(30_001));
        Assert.That(StatusOf(await first.ReceiveAsync()), Is.EqualTo(408));
        await server.Calls.Told.Task.WaitAsync(Eventually.Patience);
        await second.SendAsync("onceUnlessTold", "null", Key);
        await Eventually.Is(() => Volatile.Read(ref server.Calls.Count) == 2);

        stops.SetResult();
        await StopsAsync(first);
        Assert.That(StatusOf(await third.AskAsync("onceUnlessTold", "null", Key)), Is.EqualTo(409), "the second one runs");
        server.Calls.Gate.Open();
        foreach (var answer in new[] { await second.ReceiveAsync(), await third.AskAsync("onceUnlessTold", "null", Key) })
        {
            Assert.That((StatusOf(answer), answer.GetProperty("payload").GetRawText()), Is.EqualTo((200, "2")));
        }
    }

    [Test]
    public async Task A_stream_that_was_given_up_is_streamed_when_it_comes_again()
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();
        const string headers = """{"idempotencyKey":"k-1","stream":true}""";
        Assert.That(StatusOf(await client.AskAsync("onceInParts", "null", headers)), Is.EqualTo(206));
        await server.Calls.Gate.Reached;
        Assert.That(StatusOf(await client.AskAsync("$cancel", """{"uuid":"1"}""")), Is.EqualTo(499));
        await client.ReceiveAsync();
        server.Calls.Gate.Open();
        await StopsAsync(client);

        Assert.That(StatusOf(await client.AskAsync("onceInParts", "null", headers)), Is.EqualTo(206));
        Assert.That(StatusOf(await client.ReceiveAsync()), Is.EqualTo(206));
        Assert.That((await client.ReceiveAsync()).GetProperty("headers").GetProperty("items").GetInt32(), Is.EqualTo(2));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Items_that_end_without_a_word_when_they_are_told_to_stop_are_no_answer_either(bool stream)
    {
        await using var server = new TopicServer();
        var client = await server.ConnectAsync();
        var headers = $$"""{"idempotencyKey":"k-1","stream":{{(stream ? "true" : "false")}}}""";
        await client.SendAsync("onceInPartsUntilTold", "null", headers);
        await server.Calls.Gate.Reached;
        Assert.That(!stream || StatusOf(await client.ReceiveAsync()) == 206);
        Assert.That(StatusOf(await client.AskAsync("$cancel", """{"uuid":"1"}""")), Is.EqualTo(499));
        await client.ReceiveAsync();
        server.Calls.Gate.Open();
        await StopsAsync(client);

        if (stream)
        {
            Assert.That(StatusOf(await client.AskAsync("onceInPartsUntilTold", "null", headers)), Is.EqualTo(206));
            Assert.That(StatusOf(await client.ReceiveAsync()), Is.EqualTo(206));
            Assert.That((await client.ReceiveAsync()).GetProperty("headers").GetProperty("items").GetInt32(), Is.EqualTo(2));
        }
        else
        {
            Assert.That((await client.AskAsync("onceInPartsUntilTold", "null", headers)).GetProperty("payload").EnumerateArray().Select(item => item.GetInt32()), Is.EqualTo(new[] { 2, 2 }));
        }
    }

    [Test]
    public async Task Whoever_joins_under_a_key_has_joined_on_this_connection_too()
    {
        await using var server = new TopicServer();
        for (var i = 1; i <= 2; i++)
        {
            var client = await server.ConnectAsync();
            Assert.That(StatusOf(await client.AskAsync("$join", """{"topic":"room.1"}""", Key)), Is.EqualTo(200));
            await server.PublishAsync("room.1", "hello");
            Assert.That(await client.ReceiveTextsAsync(1), Is.EqualTo(new[] { $"{i} hello" }));
        }
    }

    private static int StatusOf(JsonElement frame) => frame.GetProperty("status").GetInt32();

    // A line goes on when the handler before has ended.
    private static async Task StopsAsync(TopicClient client) =>
        Assert.That(StatusOf(await client.AskAsync("$leave", """{"topic":"none"}""")), Is.EqualTo(200));
}
