using System.Text.Json;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter;

/// <summary>The stages of a request, and what becomes of their results.</summary>
public sealed class StageTests
{
    private const string Failed = """{"headers": null, "payload": {"error": "CallError.InternalServerError"}, "uuid": "a", "status": 500}""";

    [Test]
    [Proves("SR-20", "SR-21", "SR-33")]
    public async Task Stages_run_in_order_and_share_the_store_of_their_request()
    {
        await using var client = await RouterClient.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            client.Journal.Stages.Clear();

            Assert.That(await client.AskAsync(RouterClient.Request("a", "stages")), Is.EqualTo("""{"headers": null, "payload": "view", "uuid": "a", "status": 200}"""));
            Assert.That(client.Journal.Stages, Is.EqualTo(new[] { "data 0", "access", "hydrate", "handler found data,access,hydrate", "dehydrate raw" }));
        }
    }

    [TestCase("refuseData", 400)]
    [TestCase("refuseAccess", 403)]
    [Proves("SR-10", "SR-11")]
    public async Task Behind_a_refusal_nothing_runs(string route, int status)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(RouterClient.Request("a", route)), Does.EndWith($"\"status\": {status}}}"));
        Assert.That(client.Journal.Stages, Is.Empty);
    }

    [Test]
    public async Task A_data_check_may_name_fields()
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(RouterClient.Request("a", "refuseFields", """{"name":"Alice"}""")), Is.EqualTo(
            """{"headers": null, "payload": {"error": "CallError.InvalidData", "fields": {"name": "at most 3 letters"}}, "uuid": "a", "status": 400}"""));
        Assert.That(await client.AskAsync(RouterClient.Request("a", "refuseFields", """{"name":"Ali"}""")), Does.Contain("200"));
    }

    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("""{"name":5}""")]
    [TestCase("[]")]
    public async Task A_payload_that_does_not_fit_is_invalid_data(string payload)
    {
        await using var client = await RouterClient.ConnectAsync();

        var reply = await client.AskAsync(RouterClient.Request("a", "sayHello", payload));

        Assert.That(reply, payload == "{}" ? Does.Contain("Hello, !") : Does.Contain("CallError.InvalidData"));
    }

    [TestCase("boom")]
    [TestCase("unserialisable")]
    [TestCase("none")]
    [Proves("SR-09", "SR-32", "SR-44")]
    public async Task What_fails_is_500_and_one_line_in_the_log(string route)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(RouterClient.Request("a", route)), Is.EqualTo(Failed));
        Assert.That(await client.AskAsync(RouterClient.Request("a", route)), Is.EqualTo(Failed));
        Assert.That(client.Log.Lines.Select(line => line.Id), Is.EqualTo(new[] { 9001 }));
        Assert.That(client.Log.Lines[0].Text, Does.Contain($"route '{route}'"));
    }

    [TestCase(0)]
    [TestCase(99)]
    [TestCase(600)]
    [TestCase(99999)]
    [TestCase(-200)]
    [Proves("SR-43")]
    public async Task A_status_that_is_none_is_500_and_logged(int status)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(RouterClient.Request("a", "statusAlone", $"{status}")), Is.EqualTo(Failed));
        Assert.That(client.Log.Lines.Single().Text, Does.Contain($"{status}"));
    }

    [Test]
    [Proves("SR-23")]
    public async Task Headers_of_a_reply_reach_the_client()
    {
        await using var client = await RouterClient.ConnectAsync();

        var headers = JsonElement.Parse(await client.AskAsync(RouterClient.Request("a", "custom"))).GetProperty("headers");

        Assert.That(JsonElement.DeepEquals(headers, JsonElement.Parse("""{"retry":1,"deep":{"a":[1,"x"]}}""")), Is.True);
    }

    [Test]
    public async Task A_stage_may_say_what_to_answer()
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(RouterClient.Request("a", "refuse")), Is.EqualTo("""{"headers": null, "payload": {"error": "pay first"}, "uuid": "a", "status": 402}"""));
        Assert.That(client.Log.Lines, Is.Empty);
    }

    [Test]
    [Proves("SR-42")]
    public async Task A_payload_with_a_uuid_changes_nothing_about_the_reply()
    {
        await using var client = await RouterClient.ConnectAsync();

        var reply = JsonElement.Parse(await client.AskAsync(RouterClient.Request("a", "echo", """{"uuid":"other"}""")));

        Assert.That(reply.GetProperty("uuid").GetString(), Is.EqualTo("a"));
        Assert.That(reply.GetProperty("payload").GetProperty("uuid").GetString(), Is.EqualTo("other"));
    }

    [Test]
    [Proves("SR-73")]
    public async Task Who_wants_no_reply_gets_none_not_even_an_error()
    {
        await using var client = await RouterClient.ConnectAsync();
        foreach (var route in new[] { "empty", "boom", "nope", "refuseAccess", "$cancel", "count" })
        {
            await client.SendAsync(RouterClient.Request("a", route, "3", """{"noReply":true,"stream":true}"""));
        }

        Assert.That(await client.AskAsync(RouterClient.Request("b", "empty")), Does.Contain("\"b\""));
    }
}
