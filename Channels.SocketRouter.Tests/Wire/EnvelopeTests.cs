using System.Text.Json;
using Channels.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace Channels.Tests.SocketRouter;

/// <summary>What is a request, what is none, and that neither costs the connection.</summary>
public sealed class EnvelopeTests
{
    private const string BadRequest = """{"headers": null, "payload": {"error": "CallError.BadRequestFormat"}, "uuid": "", "status": 400}""";

    [TestCase("\"u\"", "\"u\"")]
    [TestCase("\"\"", "\"\"")]
    [TestCase("7", "7")]
    [TestCase("7.0", "7")]
    [TestCase("1e3", "1000")]
    [TestCase("true", "1")]
    [TestCase("123456789012345678901234567890", "123456789012345678901234567890")]
    [TestCase("-5", "-5")]
    [Proves("SR-02")]
    public async Task The_uuid_comes_back_with_its_type_and_value(string sent, string received)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync($$"""{"uuid":{{sent}},"route":"empty"}"""), Is.EqualTo($$"""{"headers": null, "payload": null, "uuid": {{received}}, "status": 200}"""));
    }

    [TestCase("null")]
    [TestCase("7.5")]
    [TestCase("[1]")]
    [TestCase("{\"a\":1}")]
    [TestCase("1e400")]
    [Proves("SR-31")]
    public async Task A_uuid_of_another_type_is_refused(string uuid)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync($$"""{"uuid":{{uuid}},"route":"empty"}"""), Is.EqualTo(BadRequest));
        await StillWorksAsync(client);
    }

    [TestCase("")]
    [TestCase("{bad")]
    [TestCase("{} {}")]
    [TestCase("\uFEFF{\"uuid\":\"a\",\"route\":\"empty\"}")]
    [TestCase("[]")]
    [TestCase("5")]
    [TestCase("null")]
    [TestCase("\"x\"")]
    [TestCase("""{"route":"empty"}""")]
    [TestCase("""{"UUID":"a","route":"empty"}""")]
    [TestCase("""{"uuid":"a","route":"echo","payload":NaN}""")]
    [TestCase("""{"uuid":"\ud800","route":"echo"}""")]
    [TestCase("""{"uuid":"a","route":"echo","payload":"\ud800"} x""")]
    [Proves("SR-12", "SR-25", "SR-29", "SR-32")]
    public async Task What_is_no_request_is_refused_and_the_next_one_works(string frame)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(frame), Is.EqualTo(BadRequest));
        await StillWorksAsync(client);
    }

    [TestCase("""{"uuid":"a"}""")]
    [TestCase("""{"uuid":"a","route":null}""")]
    [TestCase("""{"uuid":"a","route":5}""")]
    [TestCase("""{"uuid":"a","route":"empty","headers":[]}""")]
    [TestCase("""{"uuid":"a","route":"empty","headers":"x"}""")]
    [TestCase("""{"headers":[],"route":"empty","uuid":"a"}""")]
    [Proves("SR-13", "SR-14")]
    public async Task What_is_wrong_beside_the_uuid_is_told_under_it(string frame)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(frame), Is.EqualTo(BadRequest.Replace("\"\"", "\"a\"")));
    }

    [TestCase("""{"uuid":"a","route":"empty"}""")]
    [TestCase("""{"uuid":"a","route":"empty","headers":null}""")]
    [TestCase("""{"uuid":"a","route":"empty","headers":{},"payload":{},"status":"x","more":[1]}""")]
    [TestCase("""{"status":999,"payload":1,"headers":{"a":{"b":[]}},"route":"empty","uuid":"a"}""")]
    [TestCase("""{"uuid":"b","route":"boom","uuid":"a","route":"empty","headers":[],"headers":{}}""")]
    [TestCase("""{"uuid":"\u0061","ro\u0075te":"emp\u0074y"}""")]
    [Proves("SR-14", "SR-15", "SR-16")]
    public async Task Order_repetition_and_further_keys_say_nothing(string frame)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(JsonElement.Parse(await client.AskAsync(frame)).GetProperty("status").GetInt32(), Is.EqualTo(200));
    }

    [TestCase("ping")]
    [TestCase("")]
    [TestCase("SayHello")]
    [TestCase("sayhello")]
    [TestCase("sayHello ")]
    [TestCase("PONG")]
    [TestCase("$nothing")]
    [Proves("SR-05", "SR-08")]
    public async Task Routes_are_matched_letter_by_letter(string route)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That(await client.AskAsync(RouterClient.Request("a", route)), Is.EqualTo("""{"headers": null, "payload": {"error": "CallError.RouteNotFound"}, "uuid": "a", "status": 404}"""));
    }

    [Test]
    [Proves("SR-30")]
    public async Task A_binary_message_is_refused()
    {
        await using var client = await RouterClient.ConnectAsync();
        await client.Socket.SendBinaryAsync(new byte[] { 1, 2 });

        Assert.That(await client.ReceiveAsync(), Is.EqualTo("""{"headers": null, "payload": {"error": "CallError.UnsupportedMediaType"}, "uuid": "", "status": 415}"""));
        await StillWorksAsync(client);
    }

    [TestCase("""{"uuid":"a","route":"echo","payload":"\ud800"}""")]
    [TestCase("""{"payload":{"\udc00":1},"route":"echo","uuid":"\u0061"}""")]
    [TestCase("""{"route":"\ud800","headers":{"idempotencyKey":"\ud800"},"uuid":"a"}""")]
    [Proves("SR-53")]
    public async Task Half_characters_are_refused_under_the_uuid_that_stands_beside_them(string frame)
    {
        await using var client = await RouterClient.ConnectAsync();

        Assert.That((await client.AskAsync(frame)).Replace("\\u0061", "a"), Is.EqualTo(BadRequest.Replace("\"uuid\": \"\"", "\"uuid\": \"a\"")));
        await StillWorksAsync(client);
    }

    [Test]
    [Proves("SR-46")]
    public async Task A_payload_may_be_as_deep_as_it_may_be()
    {
        await using var client = await RouterClient.ConnectAsync(options => options.MaxPayloadDepth = 100);

        Assert.That(await client.AskAsync(RouterClient.Request("a", "echo", Nested(100))), Does.Contain(Nested(100)));
        foreach (var depth in new[] { 101, 5_000, 50_000 })
        {
            Assert.That(await client.AskAsync(RouterClient.Request("a", "echo", Nested(depth))), Is.EqualTo(BadRequest.Replace("\"uuid\": \"\"", "\"uuid\": \"a\"")), "whoever sent it waits for an answer");
        }

        await StillWorksAsync(client);

        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
    }

    [Test]
    [Proves("SR-52")]
    public async Task Numbers_and_texts_keep_their_value()
    {
        await using var client = await RouterClient.ConnectAsync();
        var payload = """[123456789012345678901234567890,1e3,1.0,1e400,"\u00e9\ud83d\ude00: , \" \\","é😀"]""";

        var reply = await client.AskAsync(RouterClient.Request("a", "echo", payload));

        Assert.That(reply, Does.Contain("[123456789012345678901234567890, 1e3, 1.0, 1e400, "));
        var texts = JsonElement.Parse(reply).GetProperty("payload");
        Assert.That(texts[4].GetString(), Is.EqualTo("é😀: , \" \\"));
        Assert.That(texts[5].GetString(), Is.EqualTo("é😀"));
    }

    [Test]
    public void Spaces_are_put_between_tokens_and_nowhere_else() => Prop.ForAll<string[], string>((texts, key) =>
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { [key ?? ""] = texts ?? [], ["n"] = new[] { 1, 2 } });
        var target = new byte[Channels.SocketRouter.Spacing.LengthOf(json)];
        var written = Channels.SocketRouter.Spacing.Write(json, target);

        return written == target.Length && JsonElement.DeepEquals(JsonElement.Parse(target), JsonElement.Parse(json));
    }).QuickCheckThrowOnFailure();

    private static async Task StillWorksAsync(RouterClient client) =>
        Assert.That(await client.AskAsync(RouterClient.Request("next", "empty")), Is.EqualTo("""{"headers": null, "payload": null, "uuid": "next", "status": 200}"""));
}
