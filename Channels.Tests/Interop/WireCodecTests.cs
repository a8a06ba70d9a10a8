using System.Text;
using System.Text.Json;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>Whole stored members and published payloads against the recorded ones.</summary>
public sealed class WireCodecTests
{
    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "core_members", "cases", "id" })]
    [Proves("R-CORE-11", "R-CORE-12", "R-CORE-13", "R-CORE-14", "R-CORE-15", "R-CORE-16")]
    public void Members_that_Python_stored_decode_and_encode_to_the_same_bytes(JsonElement vector)
    {
        var config = vector.GetProperty("config");
        var options = Options(config);
        var codec = new WireCodec(options, TimeProvider.System, stored: true);
        foreach (var key in vector.GetProperty("keys_afterwards").EnumerateObject().Where(key => !key.Name.Contains(":group:", StringComparison.Ordinal)))
        {
            foreach (var member in key.Value.GetProperty("members").EnumerateArray())
            {
                var bytes = member.Bytes("member_hex");
                Assert.That(codec.TryDecode(bytes, out var message, out var address, out var problem), problem);
                Assert.That(message!.Fields.ContainsKey(WireEntries.AddressKey), Is.False);
                Assert.That(address.IsNull, Is.EqualTo(!key.Name.Contains('!', StringComparison.Ordinal) && !vector.Text("id").Contains("group", StringComparison.Ordinal)));

                var again = codec.Encode(message, address.IsNull ? (MessageValue?)null : address);
                if (!vector.Text("id").Contains("reserved", StringComparison.Ordinal)) // there the order of entries differs
                {
                    Assert.That(again[options.RandomPrefixLength..], Is.EqualTo(bytes[options.RandomPrefixLength..]));
                }
            }
        }
    }

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "pubsub_payloads", "cases", "id" })]
    [Proves("R-PUB-01", "R-PUB-02", "R-PUB-03", "R-PUB-04", "R-PUB-05", "R-PUB-06")]
    public void Payloads_are_the_serialized_message_alone(JsonElement vector)
    {
        var codec = new WireCodec(Options(vector.GetProperty("config")), TimeProvider.System, stored: false);
        var sent = vector.GetProperty("operation").EnumerateObject().Single().Value;
        var message = WireVectors.Message(sent[1]);
        Assert.That(Convert.ToHexStringLower(codec.Encode(message)), Is.EqualTo(vector.Text("payload_hex")));
        Assert.That(codec.TryDecode(vector.Bytes("payload_hex"), out var decoded, out _, out _));
        Assert.That(decoded, Is.EqualTo(message));
    }

    [Test]
    [Proves("R-CORE-11")]
    public void The_random_prefix_differs_for_equal_messages_and_has_the_configured_length()
    {
        var message = new ChannelMessage("x");
        foreach (var length in new[] { 0, 4, 12, 32 })
        {
            var codec = new WireCodec(new RedisLayerOptions { RandomPrefixLength = length }, TimeProvider.System, stored: true);
            Assert.That(codec.Encode(message), Has.Length.EqualTo(length + 8));
            Assert.That(codec.Encode(message).SequenceEqual(codec.Encode(message)), Is.EqualTo(length == 0));
        }
    }

    [Test]
    [Proves("R-ENC-03", "R-ENC-06", "SEC-56")]
    public void Keys_rotate_and_plain_text_is_no_fallback()
    {
        var message = new ChannelMessage("x", new() { ["n"] = 1 });
        var (old, both, plain) = (Codec("old"), Codec("new", "old"), Codec());
        Assert.That(both.TryDecode(old.Encode(message), out _, out _, out _));
        Assert.That(old.TryDecode(both.Encode(message), out _, out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("key"));
        Assert.That(plain.TryDecode(old.Encode(message), out _, out _, out _), Is.False);
        Assert.That(old.TryDecode(plain.Encode(message), out _, out _, out _), Is.False);

        static WireCodec Codec(params string[] keys)
        {
            var options = new RedisLayerOptions();
            foreach (var key in keys)
            {
                options.SymmetricEncryptionKeys.Add(key);
            }

            return new(options, TimeProvider.System, stored: true);
        }
    }

    [Test]
    [Proves("R-CORE-26")]
    public void A_megabyte_passes_and_the_limit_is_configurable()
    {
        var message = new ChannelMessage("x", new() { ["b"] = new byte[1 << 20] });
        Assert.That(() => new WireCodec(new(), TimeProvider.System, stored: true).Encode(message), Throws.Nothing);
        Assert.That(() => new WireCodec(new() { MaxMessageBytes = 1024 }, TimeProvider.System, stored: true).Encode(message), Throws.TypeOf<MessageTooLargeException>());
    }

    [Test]
    [Proves("R-CORE-14", "R-MSG-0E")]
    public void The_layers_own_entries_stand_beside_the_applications_and_are_taken_off()
    {
        var codec = new WireCodec(new(), TimeProvider.System, stored: true);
        var message = new ChannelMessage("right", new() { ["a"] = 1 });
        Assert.That(codec.TryDecode(codec.Encode(message, "right"), out var decoded, out var address, out _));
        Assert.That((decoded!.Type, address.GetText(), decoded.Fields.Count), Is.EqualTo(("right", "right", 1)));
    }

    [TestCase("msgpack")]
    [TestCase("json")]
    public void Excepted_channels_are_one_more_entry_and_none_without_them(string format)
    {
        var codec = new WireCodec(new() { SerializerFormat = format, RandomPrefixLength = 0 }, TimeProvider.System, stored: true);
        var plain = new ChannelMessage("x", new() { ["a"] = 1 });
        var excepting = new ChannelMessage("x", new() { ["a"] = 1 }) { Except = ["one", "two"] };
        Assert.That(Encoding.Latin1.GetString(codec.Encode(plain, "c")), Does.Not.Contain("except"));
        Assert.That(Encoding.Latin1.GetString(codec.Encode(excepting, "c")), Does.Contain("__channels_except__"));
        Assert.That(codec.TryDecode(codec.Encode(excepting, "c"), out var decoded, out var address, out _));
        Assert.That((decoded!.Except, decoded.Fields, address.GetText()), Is.EqualTo((new[] { "one", "two" }, plain.Fields, "c")));
        var forward = ChannelMessage.Forward(WebSocketSend.FromText("hi")) with { Except = ["one"] };
        Assert.That(codec.TryDecode(codec.Encode(forward), out var passedOn, out _, out _));
        Assert.That((passedOn!.Forwarded is not null, passedOn.Except), Is.EqualTo((true, new[] { "one" })));
    }

    [TestCase("\"one\"")]
    [TestCase("[1]")]
    [TestCase("{}")]
    public void A_list_of_excepted_channels_that_is_none_makes_the_message_unusable(string except)
    {
        var codec = new WireCodec(new() { SerializerFormat = "json" }, TimeProvider.System, stored: false);
        Assert.That(codec.TryDecode(Encoding.UTF8.GetBytes($"{{\"type\": \"x\", \"__channels_except__\": {except}}}"), out _, out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("skip"));
    }

    [Test]
    public void Forwarded_WebSocket_messages_arrive_as_such()
    {
        var codec = new WireCodec(new(), TimeProvider.System, stored: false);
        Assert.That(codec.TryDecode(codec.Encode(ChannelMessage.Forward(WebSocketSend.FromText("hé"))), out var text, out _, out _));
        Assert.That(text!.Forwarded!.Payload.ToArray(), Is.EqualTo("hé"u8.ToArray()));
        Assert.That(codec.TryDecode(codec.Encode(ChannelMessage.Forward(WebSocketSend.FromBinary(new byte[] { 1, 2 }))), out var binary, out _, out _));
        Assert.That(binary!.Forwarded!.IsText, Is.False);
    }

    private static RedisLayerOptions Options(JsonElement config) => new()
    {
        RandomPrefixLength = config.TryGetProperty("random_prefix_length", out var length) ? length.GetInt32() : 12,
        SerializerFormat = config.TryGetProperty("serializer_format", out var format) ? format.GetString()! : "msgpack",
        Prefix = config.TryGetProperty("prefix", out var prefix) ? prefix.GetString()! : "asgi",
    };
}
