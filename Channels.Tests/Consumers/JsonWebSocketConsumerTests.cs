using System.Text;
using System.Text.Json;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>JSON in and out, and what becomes of messages that are none (channels.md, C-JSON).</summary>
public sealed class JsonWebSocketConsumerTests
{
    private readonly LogRecorder _log = new();

    [Test]
    [Proves("C-JSON-01")]
    public async Task Json_makes_the_round_trip()
    {
        await using var socket = await ConnectAsync<JsonEcho>();
        await socket.SendTextAsync("""{ "text": "grüß \ud83d\ude00", "n": [1, 2.5, null, true] }""");

        var reply = await socket.ReceiveJsonAsync();

        Assert.That(reply.GetProperty("text").GetString(), Is.EqualTo("grüß 😀"));
        Assert.That(reply.GetProperty("n").GetArrayLength(), Is.EqualTo(4));
    }

    [Test]
    [Proves("C-JSON-01")]
    public async Task Typed_messages_make_the_round_trip()
    {
        await using var socket = await ConnectAsync<TypedConsumer>();
        await socket.SendTextAsync("""{"text":"one","number":2}""");

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("""{"text":"one 2"}"""));
    }

    [Test]
    public async Task A_reply_may_be_followed_by_a_close()
    {
        await using var socket = await ConnectAsync<TypedConsumer>();
        await socket.SendTextAsync("""{"text":"bye","number":4000}""");

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("""{"text":"bye 4000"}"""));
        Assert.That((await socket.ReceiveCloseAsync()).Code, Is.EqualTo(4000));
    }

    [TestCase("", "Empty")]
    [TestCase("{", "Malformed")]
    [TestCase("{} {}", "Malformed")]
    [TestCase("NaN", "Malformed")]
    [TestCase("'single'", "Malformed")]
    [TestCase("\uFEFF{}", "Malformed")]
    [Proves("C-JSON-03")]
    public async Task What_is_no_json_closes_with_1007_and_one_line(string text, string reason)
    {
        foreach (var typed in new[] { false, true })
        {
            var log = new LogRecorder();
            await using var socket = await ConnectAsync(typed ? Consumer.Of<TypedConsumer>() : Consumer.Of<JsonEcho>(), log);
            await socket.SendTextAsync(text);

            Assert.That((await socket.ReceiveCloseAsync()).Code, Is.EqualTo(1007));
            await socket.WaitAsync(); // ends without an error
            Assert.That(log.Lines.Single().Id, Is.EqualTo(2003));
            Assert.That(log.Lines.Single().Text, Does.EndWith($"invalid message: {reason}."));
        }
    }

    [Test]
    [Proves("FN-13")]
    public async Task The_line_about_a_wrong_shape_names_field_and_path()
    {
        await using var socket = await ConnectAsync<TypedConsumer>();
        await socket.SendTextAsync("""{"text":5}""");
        await socket.ReceiveCloseAsync();
        await socket.WaitAsync();

        Assert.That(_log.Lines.Single().Text, Does.Contain("WrongShape at $.text").And.Contain("connection to '/"));
    }

    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("""{"text":5}""")]
    [TestCase("""{"text":null}""")]
    [TestCase("""{"text":"x","number":1e99}""")]
    public async Task Json_of_the_wrong_shape_closes_with_1007(string text)
    {
        await using var socket = await ConnectAsync<TypedConsumer>();
        await socket.SendTextAsync(text);

        Assert.That((await socket.ReceiveCloseAsync()).Code, Is.EqualTo(1007));
        await socket.WaitAsync();
        Assert.That(_log.Lines.Single().Text, Does.Contain("WrongShape"));
    }

    [Test]
    public async Task Json_of_the_greatest_depth_passes_and_one_level_more_closes_with_1007()
    {
        await using var socket = await ConnectAsync<JsonEcho>();
        await socket.SendTextAsync(Nested(64));
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo(Nested(64)));

        await socket.SendTextAsync(Nested(65));
        Assert.That((await socket.ReceiveCloseAsync()).Code, Is.EqualTo(1007));

        await using var typed = await ConnectAsync<TypedConsumer>();
        await typed.SendTextAsync($$"""{"more":{{Nested(100_000)}}}""");
        Assert.That((await typed.ReceiveCloseAsync()).Code, Is.EqualTo(1007));

        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
    }

    [Test]
    [Proves("C-JSON-02")]
    public async Task A_binary_message_closes_with_1003()
    {
        await using var socket = await ConnectAsync<JsonEcho>();
        await socket.SendBinaryAsync("{}"u8.ToArray());

        Assert.That((await socket.ReceiveCloseAsync()).Code, Is.EqualTo(1003));
        await socket.WaitAsync();
        Assert.That(_log.Lines.Single().Text, Does.Contain("Binary"));
    }

    [Test]
    public async Task The_reaction_to_an_invalid_message_can_be_replaced()
    {
        await using var socket = await ConnectAsync<Forgiving>();
        await socket.SendTextAsync("{");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("Malformed"));
        await socket.SendBinaryAsync(default);
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("Binary"));
        await socket.SendTextAsync("7");
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("7"));
        Assert.That(_log.Lines, Is.Empty);
    }

    [Test]
    public async Task A_failing_handler_is_not_mistaken_for_a_fault_of_the_peer()
    {
        await using var socket = await ConnectAsync<TypedConsumer>();
        await socket.SendTextAsync("""{"text":"throw"}""");

        Assert.That(async () => await socket.WaitAsync(), Throws.InstanceOf<JsonException>().With.Message.EqualTo("the handler's own"));
    }

    private Task<WebSocketCommunicator> ConnectAsync<T>()
        where T : JsonWebSocketConsumer => ConnectAsync(Consumer.Of<T>(), _log);

    private static async Task<WebSocketCommunicator> ConnectAsync(Application application, LogRecorder log)
    {
        var socket = Communicator.WebSocket(application, "/").WithScope(s => s with { Services = new OneService(log) });
        await socket.ConnectAsync();
        return socket;
    }

    private class JsonEcho : JsonWebSocketConsumer
    {
        protected override ValueTask OnJsonAsync(JsonElement content) => SendJsonAsync(content);
    }

    private sealed class Forgiving : JsonEcho
    {
        protected override ValueTask OnInvalidMessageAsync(InvalidMessageReason reason) => SendTextAsync(Encoding.UTF8.GetBytes(reason.ToString()));
    }

    private sealed class TypedConsumer() : JsonWebSocketConsumer<Question, Answer>(TestJson.Default.Question, TestJson.Default.Answer)
    {
        protected override ValueTask OnJsonAsync(Question message) => message.Text == "throw"
            ? throw new JsonException("the handler's own")
            : SendJsonAsync(new Answer($"{message.Text} {message.Number}"), message.Number >= 3000 ? message.Number : null);
    }
}
