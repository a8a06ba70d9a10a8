using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter;

/// <summary>Conversations recorded with the Python package, byte for byte.</summary>
public sealed class RecordedFrameTests
{
    [TestCase(
        """{"uuid":"u-1","route":"sayHello","headers":{"token":"own","z":1},"payload":{"name":"Ali"},"status":200}""",
        """{"headers": null, "payload": "Hello, Ali!", "uuid": "u-1", "status": 200}""")]
    [TestCase(
        """{"uuid":"9eae705e-0076-4827-a4ae-347bf3ad8c1a","route":"PING","headers":{"token":"XYZ"},"payload":{},"status":200}""",
        """{"headers": null, "payload": null, "uuid": "9eae705e-0076-4827-a4ae-347bf3ad8c1a", "route": "PONG"}""")]
    [TestCase(
        """{"uuid":"u-2","route":"nope","headers":{"token":"XYZ"},"payload":null,"status":200}""",
        """{"headers": null, "payload": {"error": "CallError.RouteNotFound"}, "uuid": "u-2", "status": 404}""")]
    [TestCase(
        """{"uuid":"u-6","route":"missing","headers":{},"payload":null,"status":200}""",
        """{"headers": null, "payload": {"error": "CallError.MethodNotImplemented"}, "uuid": "u-6", "status": 500}""")]
    [TestCase(
        """{"uuid":"u-5","route":"boom","headers":{},"payload":null,"status":200}""",
        """{"headers": null, "payload": {"error": "CallError.InternalServerError"}, "uuid": "u-5", "status": 500}""")]
    [TestCase("{}", """{"headers": null, "payload": {"error": "CallError.BadRequestFormat"}, "uuid": "", "status": 400}""")]
    [TestCase(
        """{"uuid":"a","route":"refuseData","headers":{},"payload":null}""",
        """{"headers": null, "payload": {"error": "CallError.InvalidData"}, "uuid": "a", "status": 400}""")]
    [TestCase(
        """{"uuid":"a","route":"refuseAccess","headers":{},"payload":null}""",
        """{"headers": null, "payload": {"error": "CallError.AccessDenied"}, "uuid": "a", "status": 403}""")]
    [TestCase(
        """{"uuid":"u-3","route":"getArticle","headers":{"token":"XYZ","id":"a1"},"payload":null,"status":200}""",
        """{"headers": null, "payload": {"id": "a1", "title": "Ta1"}, "uuid": "u-3", "status": 200}""")]
    [TestCase(
        """{"uuid":"u-4","route":"getArticle","headers":{"token":"XYZ","id":"zz"},"payload":null,"status":200}""",
        """{"headers": null, "payload": null, "uuid": "u-4", "status": 404}""")]
    [TestCase(
        """{"uuid":"a","route":"retry","headers":{},"payload":null}""",
        """{"headers": {"retry": 1}, "payload": {"error": "mine", "code": 7}, "uuid": "a", "status": 422}""")]
    [Proves("SR-01", "SR-03", "SR-04", "SR-07", "SR-09", "SR-17", "SR-28")]
    public async Task Replies_are_those_of_the_original(string request, string reply)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(request), Is.EqualTo(reply));
    }

    [TestCase(200, """{"dehydrated": "raw"}""")]
    [TestCase(204, """{"dehydrated": "raw"}""")]
    [TestCase(299, """{"dehydrated": "raw"}""")]
    [TestCase(199, "\"raw\"")]
    [TestCase(300, "\"raw\"")]
    [TestCase(404, "\"raw\"")]
    [Proves("SR-18")]
    public async Task Dehydrate_is_for_what_went_well(int status, string payload)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(RouterClient.Request("a", "status", $"{status}")), Is.EqualTo($$"""{"headers": null, "payload": {{payload}}, "uuid": "a", "status": {{status}}}"""));
    }

    [Test]
    [Proves("SR-18", "SR-19", "SR-22")]
    public async Task What_a_handler_leaves_out_is_200_and_null()
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(RouterClient.Request("a", "unset")), Is.EqualTo("""{"headers": null, "payload": {"dehydrated": "raw"}, "uuid": "a", "status": 200}"""));
        Assert.That(await client.AskAsync(RouterClient.Request("a", "nothing")), Is.EqualTo("""{"headers": null, "payload": {"dehydrated": "null"}, "uuid": "a", "status": 200}"""));
        Assert.That(await client.AskAsync(RouterClient.Request("a", "empty")), Is.EqualTo("""{"headers": null, "payload": null, "uuid": "a", "status": 200}"""));
    }

    [Test]
    [Proves("SR-24", "SR-36")]
    public async Task Pushes_come_when_a_handler_sends_them_and_nothing_before()
    {
        await using var client = await RouterClient.ConnectAsync();
        await client.Socket.ReceiveNothingAsync();

        Assert.That(await client.AskAsync(RouterClient.Request("a", "push")), Is.EqualTo("""{"route": "news", "payload": {"n": 1}, "status": 200}"""));
        Assert.That(await client.ReceiveAsync(), Does.Contain("\"uuid\": \"a\""));
    }
}
