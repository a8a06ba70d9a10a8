using System.Text.Json;
using System.Text.Json.Serialization;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>What others write, peers or senders to a group, ends no consumer of theirs: it is refused, dropped and counted.</summary>
public sealed partial class ForeignContentTests
{
    private readonly LogRecorder _log = new();
    private readonly RecordingLayer _layer = new();

    private static ChannelMessage Sound => new("auction.map", new MessageMap { ["amount"] = 7 });

    [TestCase("[Handles] with a checking constructor", "auction.bid", "amount", -1)]
    [TestCase("[Handles] with a converter that fails", "auction.odd", "text", "any")]
    [TestCase("a handler that asks for an entry that is not there", "auction.map", "other", 1)]
    [TestCase("a handler that asks for another kind", "auction.map", "amount", "text")]
    [Proves("FA-4")]
    public async Task A_layer_message_that_nobody_can_read_is_dropped_and_the_member_stays(string how, string type, string field, object value)
    {
        await using var socket = await ConnectAsync<Auction>();
        var message = new ChannelMessage(type, new MessageMap { [field] = value is int number ? number : (string)value });
        Post(message);
        Post(message);
        Post(Sound); // behind them: a peer's message may overtake those of the layer

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("7"), how);
        Assert.That(_log.Lines.Select(line => line.Id), Is.EqualTo(new[] { 2001 }), "one line");
        Assert.That(_log.Lines[0].Text, Does.Contain(type));
    }

    [TestCase("auction.map", ulong.MaxValue)]
    [TestCase("auction.unsigned", -1L)]
    [Proves("FA-4")]
    public async Task An_integer_that_does_not_fit_what_a_handler_asks_for_is_dropped_and_the_member_stays(string type, object value)
    {
        await using var socket = await ConnectAsync<Auction>();
        Post(new(type, new MessageMap { ["amount"] = value is ulong large ? MessageValue.FromUInt64(large) : (long)value }));
        Post(Sound);

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("7"));
        Assert.That(_log.Lines.Single().Text, Does.Contain(type).And.Contain("read it with Get"));
    }

    [Test]
    public async Task A_message_that_does_not_bind_is_read_once_for_all_members()
    {
        Counting.Made = 0;
        await using var one = await ConnectAsync<Auction>();
        await using var other = await ConnectAsync<Auction>();
        var message = new ChannelMessage("auction.counting", new MessageMap { ["amount"] = 1 });
        foreach (var (socket, inbox) in new[] { (one, _layer.Opened[0]), (other, _layer.Opened[1]) }) // one after the other: at once, two may read it
        {
            _layer.Post(inbox, message);
            _layer.Post(inbox, Sound);
            Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("7"));
        }

        Assert.That(Counting.Made, Is.EqualTo(1));
    }

    [Test]
    public void A_workers_job_that_lacks_what_its_handler_asks_for_has_failed() => Assert.That(
        async () =>
        {
            await using var worker = Communicator.Channel(Consumer.Of<Job>(), "jobs");
            await worker.SendAsync(new ChannelMessage("job.map"));
            await worker.WaitAsync();
        },
        Throws.InstanceOf<KeyNotFoundException>());

    [TestCase("{}")]
    [TestCase("""{"x":1}""")]
    [TestCase("""{"x":1,"type":"move"}""")]
    [TestCase("""{"type":"unheard"}""")]
    [TestCase("""{"type":"move","x":-1}""")]
    [TestCase("""{"type":"say","text":"\ud800"}""")]
    [TestCase("""{"type":"say","text":"\ude00\ud83d"}""")]
    [Proves("FA-3")]
    public async Task Whatever_a_contract_throws_at_a_peers_text_closes_with_1007(string text)
    {
        await using var socket = await ConnectAsync<Commands>();
        await socket.SendTextAsync(text);

        Assert.That((await socket.ReceiveCloseAsync()).Code, Is.EqualTo(1007));
        await socket.WaitAsync(); // without an error
        Assert.That(_log.Lines.Where(line => line.Id != 2005).Select(line => line.Id), Is.EqualTo(new[] { 2003 }));
    }

    [TestCase("""{"x":"\ud800"}""", false)]
    [TestCase("""{"\udc00":1}""", false)]
    [TestCase("""["\ud83dx\ude00"]""", false)]
    [TestCase("""["\ud83d\ud83d\ude00"]""", false)]
    [TestCase("""["\\\ud800"]""", false)]
    [TestCase("""["\ud83d\ude00"]""", true)]
    [TestCase("""["\uD83D\uDE00"]""", true)]
    [TestCase("""["\\ud800"]""", true)]
    [TestCase("""["\u0041\n\u20ac"]""", true)]
    [Proves("FG-11")]
    public async Task Half_a_character_is_no_text_for_an_untyped_consumer_either(string text, bool whole)
    {
        await using var socket = await ConnectAsync<Untyped>();
        await socket.SendTextAsync(text);

        if (whole)
        {
            Assert.That((await socket.ReceiveJsonAsync()).GetRawText(), Is.Not.Empty);
            return;
        }

        Assert.That((await socket.ReceiveCloseAsync()).Code, Is.EqualTo(1007));
        Assert.That(_log.Lines.Single().Text, Does.Contain("Malformed"));
    }

    private void Post(ChannelMessage message) => _layer.Opened.ForEach(inbox => _layer.Post(inbox, message));

    private async Task<WebSocketCommunicator> ConnectAsync<T>()
        where T : WebSocketConsumer
    {
        var socket = Communicator.WebSocket(Consumer.Of<T>(), "/").WithScope(s => s with { Services = new OneService(_log, _layer) });
        await socket.ConnectAsync();
        return socket;
    }

    [Message("auction.bid", typeof(ForeignJson))]
    public sealed partial record Bid
    {
        public Bid(int amount) => Amount = amount >= 0 ? amount : throw new ArgumentOutOfRangeException(nameof(amount));

        public int Amount { get; }
    }

    [Message("auction.odd", typeof(ForeignJson))]
    public sealed partial record Odd([property: JsonConverter(typeof(FailingConverter))] string Text);

    [Message("auction.counting", typeof(ForeignJson))]
    public sealed partial record Counting
    {
        public Counting(int amount)
        {
            Made++;
            throw new OverflowException($"{amount}");
        }

        public static int Made { get; set; }

        public int Amount => 0;
    }

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
    [JsonDerivedType(typeof(Move), "move")]
    [JsonDerivedType(typeof(Say), "say")]
    public abstract record Command;

    public sealed record Move : Command
    {
        public Move(int x) => X = x >= 0 ? x : throw new ArgumentException("left of the board");

        public int X { get; }
    }

    public sealed record Say(string Text) : Command;

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Bid))]
    [JsonSerializable(typeof(Odd))]
    [JsonSerializable(typeof(Counting))]
    [JsonSerializable(typeof(Command))]
    internal sealed partial class ForeignJson : JsonSerializerContext;

    public sealed class FailingConverter : JsonConverter<string>
    {
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new TimeoutException("a converter's own");

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }

    private sealed partial class Auction : WebSocketConsumer
    {
        [Handles("auction.bid")]
        private ValueTask OnBid(Bid bid) => SendTextAsync($"{bid.Amount}");

        [Handles("auction.odd")]
        private ValueTask OnOdd(Odd odd) => SendTextAsync(odd.Text);

        [Handles("auction.counting")]
        private ValueTask OnCounting(Counting counting) => SendTextAsync($"{counting.Amount}");

        [Handles("auction.map")]
        private ValueTask OnMap(MessageMap fields) => SendTextAsync($"{fields["amount"].GetInt64()}");

        [Handles("auction.unsigned")]
        private ValueTask OnUnsigned(MessageMap fields) => SendTextAsync($"{fields["amount"].GetUInt64()}");
    }

    private sealed partial class Job : Consumer
    {
        [Handles("job.map")]
        private void OnMap(MessageMap fields) => Amount = fields["amount"].GetInt64();

        public long Amount { get; private set; }
    }

    private sealed class Commands() : JsonWebSocketConsumer<Command, Command>(ForeignJson.Default.Command, ForeignJson.Default.Command)
    {
        protected override ValueTask OnJsonAsync(Command message) => SendJsonAsync(message);
    }

    private sealed class Untyped : JsonWebSocketConsumer
    {
        protected override ValueTask OnJsonAsync(JsonElement content) => SendJsonAsync(content);
    }
}
