using System.Text.Json;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter;

/// <summary>Handlers beside the loop: order, overtaking, deadlines, cancelling, limits.</summary>
public sealed class RequestOrderTests
{
    [Test]
    [Proves("SR-37")]
    public async Task Replies_come_in_the_order_of_the_requests()
    {
        await using var client = await RouterClient.ConnectAsync();
        await client.SendAsync(RouterClient.Request("0", "wait"));
        for (var i = 1; i < 50; i++)
        {
            await client.SendAsync(RouterClient.Request($"{i}", i % 2 == 0 ? "empty" : "unset"));
        }

        client.Journal.Slow.Open();
        for (var i = 0; i < 50; i++)
        {
            Assert.That(await client.ReceiveAsync(), Does.Contain($"\"uuid\": \"{i}\""));
        }
    }

    [TestCase("wait")]
    [TestCase("block")]
    [Proves("SR-35")]
    public async Task A_heartbeat_is_answered_while_a_handler_is_at_work(string route)
    {
        await using var client = await RouterClient.ConnectAsync();
        await client.SendAsync(RouterClient.Request("slow", route));
        await client.Journal.Slow.Reached;

        Assert.That(await client.AskAsync(RouterClient.Request("p", "PING")), Does.Contain("PONG"));
        client.Journal.Slow.Open();
        Assert.That(await client.ReceiveAsync(), Does.Contain("slow"));
    }

    [Test]
    [Proves("SR-38")]
    public async Task Parallel_routes_may_be_overtaken_and_no_more_of_them_run_than_may()
    {
        await using var client = await RouterClient.ConnectAsync(options => options.MaxParallelRequests = 3);
        for (var i = 0; i < 5; i++)
        {
            await client.SendAsync(RouterClient.Request($"slow {i}", "waitParallel"));
        }

        Assert.That(await client.AskAsync(RouterClient.Request("fast", "empty")), Does.Contain("fast"));
        await Eventually.Is(() => client.Journal.Stages.Count == 3);
        Assert.That(client.Journal.Stages, Has.Count.EqualTo(3));
        client.Journal.Slow.Open();
        var replies = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            replies.Add(JsonElement.Parse(await client.ReceiveAsync()).GetProperty("uuid").GetString()!);
        }

        Assert.That(replies.Order(), Is.EqualTo(Enumerable.Range(0, 5).Select(i => $"slow {i}")));
    }

    [Test]
    [Proves("SR-39")]
    public async Task A_handler_is_told_when_the_client_goes()
    {
        await using var client = await RouterClient.ConnectAsync();
        await client.SendAsync(RouterClient.Request("a", "wait"));
        await client.Journal.Slow.Reached;

        await client.Socket.DisconnectAsync();
        await client.Journal.Cancelled.Task.WaitAsync(Eventually.Patience);
        await client.Socket.WaitAsync();

        Assert.That(client.Log.Lines, Is.Empty);
    }

    [TestCase("wait", "{}", 30_000)]
    [TestCase("wait", """{"timeoutMs":500}""", 500)]
    [TestCase("wait", """{"timeoutMs":90000}""", 30_000)]
    [TestCase("quick", "{}", 100)]
    [Proves("SR-40")]
    public async Task A_request_past_its_deadline_is_answered_and_its_handler_told(string route, string headers, int milliseconds)
    {
        await using var client = await RouterClient.ConnectAsync();
        await client.SendAsync(RouterClient.Request("a", route, headers: headers));
        await client.Journal.Slow.Reached;

        client.Time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.That(client.Journal.Cancelled.Task.IsCompleted, Is.False);
        client.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(await client.ReceiveAsync(), Is.EqualTo("""{"headers": null, "payload": {"error": "CallError.RequestTimeout"}, "uuid": "a", "status": 408}"""));
        await client.Journal.Cancelled.Task.WaitAsync(Eventually.Patience);
        Assert.That(await client.AskAsync(RouterClient.Request("b", "empty")), Does.Contain("\"b\""));
        Assert.That(client.Log.Lines, Is.Empty);
    }

    [Test]
    public async Task What_waits_behind_a_handler_that_heeds_no_deadline_is_answered_in_time_too()
    {
        await using var client = await RouterClient.ConnectAsync();
        await client.SendAsync(RouterClient.Request("a", "stubborn"));
        await client.Journal.Slow.Reached;
        client.Time.Advance(TimeSpan.FromSeconds(10));
        await client.SendAsync(RouterClient.Request("b", "empty"));
        await client.AskAsync(RouterClient.Request("p", "PING"));

        client.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.That(await client.ReceiveAsync(), Does.Contain("\"a\"").And.Contain("408"));
        client.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(await client.ReceiveAsync(), Does.Contain("\"b\"").And.Contain("408"));
        client.Journal.Slow.Open();
        Assert.That(await client.AskAsync(RouterClient.Request("c", "empty")), Does.Contain("\"c\""));
    }

    [Test]
    [Proves("SR-69")]
    public async Task A_running_request_can_be_given_up_once()
    {
        await using var client = await RouterClient.ConnectAsync();
        await client.SendAsync(RouterClient.Request("a", "wait"));
        await client.SendAsync(RouterClient.Request("w", "empty"));
        await client.Journal.Slow.Reached;

        Assert.That(await client.AskAsync(RouterClient.Request("c1", "$cancel", """{"uuid":"w"}""")), Is.EqualTo("""{"headers": null, "payload": {"error": "CallError.Cancelled"}, "uuid": "w", "status": 499}"""));
        Assert.That(await client.ReceiveAsync(), Is.EqualTo("""{"headers": null, "payload": null, "uuid": "c1", "status": 200}"""));
        Assert.That(await client.AskAsync(RouterClient.Request("c2", "$cancel", """{"uuid":"a"}""")), Does.Contain("\"uuid\": \"a\"").And.Contain("499"));
        Assert.That(await client.ReceiveAsync(), Does.Contain("c2").And.Contain("200"));
        await client.Journal.Cancelled.Task.WaitAsync(Eventually.Patience);

        foreach (var payload in new[] { """{"uuid":"a"}""", """{"uuid":"nobody"}""", "null", "[]", "{}" })
        {
            Assert.That(await client.AskAsync(RouterClient.Request("c3", "$cancel", payload)), Is.EqualTo("""{"headers": null, "payload": {"error": "CallError.NotRunning"}, "uuid": "c3", "status": 404}"""));
        }

        Assert.That(client.Log.Lines, Is.Empty);
    }

    [Test]
    [Proves("SR-48")]
    public async Task What_comes_when_too_many_wait_is_refused()
    {
        await using var client = await RouterClient.ConnectAsync(options => options.MaxQueuedRequests = 3);
        await client.SendAsync(RouterClient.Request("0", "wait"));
        await client.SendAsync(RouterClient.Request("1", "empty"));
        await client.SendAsync(RouterClient.Request("2", "waitParallel"));

        Assert.That(await client.AskAsync(RouterClient.Request("3", "empty")), Is.EqualTo("""{"headers": null, "payload": {"error": "CallError.ServiceUnavailable"}, "uuid": "3", "status": 503}"""));
        client.Journal.Slow.Open();
        for (var i = 0; i < 3; i++)
        {
            Assert.That(await client.ReceiveAsync(), Does.Contain("200"));
        }

        Assert.That(await client.AskAsync(RouterClient.Request("4", "empty")), Does.Contain("200"));
    }

    [Test]
    [Proves("SR-49")]
    public async Task Who_sends_too_fast_is_told_when_to_come_again_but_heartbeats_are_free()
    {
        await using var client = await RouterClient.ConnectAsync(options => (options.RequestsPerSecond, options.RequestBurst) = (4, 2));
        Assert.That(await client.AskAsync(RouterClient.Request("0", "empty")), Does.Contain("200"));
        Assert.That(await client.AskAsync(RouterClient.Request("1", "empty")), Does.Contain("200"));

        Assert.That(await client.AskAsync(RouterClient.Request("2", "empty")), Is.EqualTo(
            """{"headers": {"retryAfterMs": 250}, "payload": {"error": "CallError.TooManyRequests"}, "uuid": "2", "status": 429}"""));
        Assert.That(await client.AskAsync(RouterClient.Request("p", "PING")), Does.Contain("PONG"));
        client.Time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.That(await client.AskAsync(RouterClient.Request("3", "empty")), Does.Contain("200"));
    }

    [Test]
    [Proves("SR-47")]
    public async Task A_request_that_is_too_large_is_refused_under_its_uuid()
    {
        await using var client = await RouterClient.ConnectAsync(options => options.MaxRequestBytes = 200);

        Assert.That(await client.AskAsync(RouterClient.Request("a", "echo", $"\"{new string('x', 200)}\"")), Is.EqualTo(
            """{"headers": null, "payload": {"error": "CallError.PayloadTooLarge"}, "uuid": "a", "status": 413}"""));
        Assert.That(await client.AskAsync(RouterClient.Request("b", "empty")), Does.Contain("200"));
    }

    [Test]
    public async Task Many_malformed_requests_in_a_row_end_the_connection()
    {
        await using var client = await RouterClient.ConnectAsync(options => options.MaxMalformedRequests = 3);
        await client.AskAsync("{");
        await client.AskAsync("{");
        await client.AskAsync(RouterClient.Request("a", "empty"));
        await client.AskAsync("{");
        await client.AskAsync("{");
        Assert.That(await client.AskAsync("{"), Does.Contain("400"));

        Assert.That((await client.Socket.ReceiveCloseAsync()).Code, Is.EqualTo(1008));
    }

    [Test]
    [Proves("SR-51")]
    public async Task Who_may_not_connect_is_closed_for_good()
    {
        await using var client = await RouterClient.ConnectAsync(path: "/forbidden");

        Assert.That((await client.Socket.ReceiveCloseAsync()).Code, Is.EqualTo(1008));
    }

    [Test]
    [Proves("SR-54")]
    public async Task A_silent_client_is_closed_and_one_that_says_anything_is_not()
    {
        await using var client = await RouterClient.ConnectAsync();
        client.Time.Advance(TimeSpan.FromSeconds(100));
        await client.AskAsync(RouterClient.Request("p", "PING"));
        client.Time.Advance(TimeSpan.FromSeconds(149));
        await client.AskAsync(RouterClient.Request("p", "PING"));

        client.Time.Advance(TimeSpan.FromSeconds(150));

        Assert.That((await client.Socket.ReceiveCloseAsync()).Code, Is.EqualTo(1001));
    }

    [Test]
    [Proves("SR-68")]
    public async Task Items_come_before_the_reply_and_without_its_uuid()
    {
        await using var client = await RouterClient.ConnectAsync();
        await client.SendAsync(RouterClient.Request("s", "count", "2", """{"stream":true}"""));

        Assert.That(await client.ReceiveAsync(), Is.EqualTo("""{"headers":{"stream":"s","seq":1},"payload":1,"uuid":"","status":206,"route":"$item"}"""));
        Assert.That(await client.ReceiveAsync(), Is.EqualTo("""{"headers":{"stream":"s","seq":2},"payload":2,"uuid":"","status":206,"route":"$item"}"""));
        Assert.That(await client.ReceiveAsync(), Is.EqualTo("""{"headers": {"items": 2}, "payload": null, "uuid": "s", "status": 200}"""));
    }

    [Test]
    public async Task Without_being_asked_for_a_stream_the_items_are_one_array()
    {
        await using var client = await RouterClient.ConnectAsync(options => options.MaxGatheredItems = 3);

        Assert.That(await client.AskAsync(RouterClient.Request("s", "count", "3")), Is.EqualTo("""{"headers": null, "payload": [1, 2, 3], "uuid": "s", "status": 200}"""));
        Assert.That(await client.AskAsync(RouterClient.Request("s", "count", "0")), Is.EqualTo("""{"headers": null, "payload": [], "uuid": "s", "status": 200}"""));
        Assert.That(await client.AskAsync(RouterClient.Request("s", "count", "4")), Does.Contain("CallError.PayloadTooLarge").And.Contain("413"));
    }

    [Test]
    public async Task A_stream_that_is_given_up_sends_nothing_behind_its_answer()
    {
        await using var client = await RouterClient.ConnectAsync();
        Assert.That(await client.AskAsync(RouterClient.Request("s", "countAndWait", headers: """{"stream":true}""")), Does.Contain("\"seq\":1"));
        await client.SendAsync(RouterClient.Request("c", "$cancel", """{"uuid":"s"}"""));
        Assert.That(await client.ReceiveAsync(), Does.Contain("499"));
        Assert.That(await client.ReceiveAsync(), Does.Contain("\"c\""));

        client.Journal.Slow.Open();

        Assert.That(await client.AskAsync(RouterClient.Request("next", "empty")), Does.Contain("next"));
    }
}
