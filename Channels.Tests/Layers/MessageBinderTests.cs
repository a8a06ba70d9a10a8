using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Channels.Tests.Support;

namespace Channels.Tests.Layers;

/// <summary>Typed records become maps and come back, without losing what JSON cannot say.</summary>
public sealed class MessageBinderTests
{
    private static readonly BinderRecord Sample = new()
    {
        Text = "grüße 😀 \"<&>\" \u2028",
        Nothing = null,
        Whole = 3.0,
        Single = 0.1f,
        Money = 12.5m,
        Small = -1,
        Big = ulong.MaxValue,
        Flag = true,
        Bytes = [0, 1, 255],
        Memory = new byte[] { 7 },
        Optional = new byte[] { 8, 9 },
        When = new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.Zero),
        Kind = DayOfWeek.Friday,
        Items = [new("one", [1]), new("two", [])],
        Doubles = [1, 2.5, -0.0],
        Lookup = new() { ["a"] = new byte[] { 1 }, [""] = Array.Empty<byte>() },
        Child = new("child", [4]),
    };

    [Test]
    public void Everything_comes_back()
    {
        var map = MessageBinder.ToMap(Sample, BinderJson.Default.BinderRecord);
        var back = MessageBinder.FromMap(map, BinderJson.Default.BinderRecord);
        Assert.That(JsonSerializer.Serialize(back, BinderJson.Default.BinderRecord), Is.EqualTo(JsonSerializer.Serialize(Sample, BinderJson.Default.BinderRecord)));
        Assert.That(MessageBinder.ToMap(back, BinderJson.Default.BinderRecord), Is.EqualTo(map));
    }

    [Test]
    public void The_contract_decides_the_wire_types()
    {
        var map = MessageBinder.ToMap(Sample, BinderJson.Default.BinderRecord);
        Assert.That(map.Select(entry => $"{entry.Key}:{entry.Value.Kind}"), Is.EqualTo([
            "text:Text", "nothing:Null", "whole:Double", "single:Double", "money:Double", "small:Integer", "big:Integer", "flag:Boolean",
            "bytes:Bytes", "memory:Bytes", "optional:Bytes", "when:Text", "kind:Integer", "items:List", "doubles:List", "lookup:Map", "child:Map"]));
        Assert.That(map["big"].IsUnsigned);
        Assert.That(map["single"].GetDouble(), Is.EqualTo(0.1), "the shortest text of the number, not its binary tail");
        Assert.That(map["doubles"].GetList().Select(v => v.Kind), Is.All.EqualTo(MessageValueKind.Double));
        Assert.That(map["items"].GetList()[0].GetMap()["data"].Kind, Is.EqualTo(MessageValueKind.Bytes));
        Assert.That(map["lookup"].GetMap()["a"].Kind, Is.EqualTo(MessageValueKind.Bytes));
        Assert.That(map["child"].GetMap()["data"].GetBytes().ToArray(), Is.EqualTo(new byte[] { 4 }));
    }

    [Test]
    public void Unknown_fields_are_ignored_and_the_missing_keep_their_defaults()
    {
        var map = new MessageMap { ["text"] = "hi", ["future"] = new MessageMap { ["x"] = new byte[] { 1 } } };
        var back = MessageBinder.FromMap(map, BinderJson.Default.BinderRecord);
        Assert.That((back.Text, back.Small, back.Child), Is.EqualTo(("hi", 0, (BinderChild?)null)));
    }

    [Test]
    public void A_whole_double_fits_an_integer_and_an_integer_a_double()
    {
        var back = MessageBinder.FromMap(new MessageMap { ["small"] = 5.0, ["whole"] = 7 }, BinderJson.Default.BinderRecord);
        Assert.That((back.Small, back.Whole), Is.EqualTo((5, 7.0)));
    }

    private static IEnumerable<TestCaseData> Misfits()
    {
        yield return new TestCaseData(new MessageMap { ["small"] = "five" }, "$.small");
        yield return new TestCaseData(new MessageMap { ["small"] = long.MaxValue }, "$.small");
        yield return new TestCaseData(new MessageMap { ["small"] = 1.5 }, "$.small");
        yield return new TestCaseData(new MessageMap { ["text"] = 5 }, "$.text");
        yield return new TestCaseData(new MessageMap { ["text"] = new byte[] { 1 } }, "'text' holds bytes");
        yield return new TestCaseData(new MessageMap { ["bytes"] = "no base64!" }, "$.bytes");
        yield return new TestCaseData(new MessageMap { ["child"] = "text" }, "$.child");
        yield return new TestCaseData(new MessageMap { ["items"] = new MessageMap() }, "$.items");
        yield return new TestCaseData(new MessageMap { ["child"] = new MessageMap { ["data"] = new byte[] { 1 } } }, "name"); // required
        yield return new TestCaseData(new MessageMap { ["whole"] = double.NaN }, "'whole' holds no finite number");
        yield return new TestCaseData(new MessageMap { ["deep"] = Nested(64) }, "64 levels");
        yield return new TestCaseData(new MessageMap { ["deep"] = NestedList(64) }, "64 levels");
    }

    [TestCaseSource(nameof(Misfits))]
    [Proves("SEC-54")]
    public void What_does_not_fit_is_reported_by_field(MessageMap map, string names)
    {
        Assert.That(() => MessageBinder.FromMap(map, BinderJson.Default.BinderRecord),
            (Throws.InstanceOf<FormatException>().Or.InstanceOf<JsonException>()).With.Message.Contains(names));
        var message = new ChannelMessage(BinderRecord.MessageType, map);
        Assert.That(message.TryRead<BinderRecord>(out _, out var error), Is.False);
        Assert.That(error, Does.Contain(names));
    }

    [Test]
    public void Depth_63_below_the_message_is_still_read() =>
        Assert.That(MessageBinder.FromMap(new MessageMap { ["deep"] = Nested(63), ["text"] = "ok" }, BinderJson.Default.BinderRecord).Text, Is.EqualTo("ok"));

    [Test]
    public void What_no_wire_type_can_hold_is_refused_by_name()
    {
        Assert.That(() => MessageBinder.ToMap(new BinderRecord { Money = 1234567890123456789.12m }, BinderJson.Default.BinderRecord),
            Throws.InstanceOf<FormatException>().With.Message.Contains("'money'"));
        Assert.That(() => MessageBinder.ToMap(new BinderRecord { Money = decimal.MaxValue }, BinderJson.Default.BinderRecord),
            Throws.InstanceOf<FormatException>().With.Message.Contains("'money'"));
        Assert.That(() => MessageBinder.ToMap(new BinderRecord { Whole = double.NaN }, BinderJson.Default.BinderRecord),
            Throws.InstanceOf<FormatException>().With.Message.Contains("'whole' of BinderRecord"));
        Assert.That(() => MessageBinder.ToMap(new BinderTyped("x"), BinderJson.Default.BinderTyped),
            Throws.InstanceOf<FormatException>().With.Message.Contains("'type'"));
        Assert.That(() => MessageBinder.ToMap(new List<int> { 1 }, BinderJson.Default.ListInt32),
            Throws.InstanceOf<FormatException>().With.Message.Contains("no JSON object"));
    }

    [Test]
    public void The_record_that_was_sent_is_read_again_and_a_bound_one_is_bound_once()
    {
        var local = ChannelMessage.Of(Sample);
        Assert.That(local.TryRead<BinderRecord>(out var same, out _) && ReferenceEquals(same, Sample));
        var remote = new ChannelMessage(BinderRecord.MessageType, local.Fields);
        Assert.That(remote.TryRead<BinderRecord>(out var first, out _) && remote.TryRead<BinderRecord>(out var second, out _) && ReferenceEquals(first, second));
        Assert.That(remote, Is.EqualTo(local));
    }

    private static MessageMap Nested(int levels) => levels == 1 ? [] : new MessageMap { ["x"] = Nested(levels - 1) };

    private static MessageValue NestedList(int levels) => levels == 1 ? Array.Empty<MessageValue>() : new[] { NestedList(levels - 1) };
}

internal sealed record BinderRecord : ITypedMessage<BinderRecord>
{
    public static string MessageType => "test.binder";

    public static JsonTypeInfo<BinderRecord> MessageTypeInfo => BinderJson.Default.BinderRecord;

    public string? Text { get; init; }

    public string? Nothing { get; init; }

    public double Whole { get; init; }

    public float Single { get; init; }

    public decimal Money { get; init; }

    public int Small { get; init; }

    public ulong Big { get; init; }

    public bool Flag { get; init; }

    public byte[]? Bytes { get; init; }

    public Memory<byte> Memory { get; init; }

    public ReadOnlyMemory<byte>? Optional { get; init; }

    public DateTimeOffset When { get; init; }

    public DayOfWeek Kind { get; init; }

    public IReadOnlyList<BinderChild>? Items { get; init; }

    public double[]? Doubles { get; init; }

    public Dictionary<string, ReadOnlyMemory<byte>>? Lookup { get; init; }

    public BinderChild? Child { get; init; }
}

internal sealed record BinderChild([property: JsonRequired] string Name, byte[] Data);

internal sealed record BinderTyped(string Type);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BinderRecord))]
[JsonSerializable(typeof(BinderTyped))]
[JsonSerializable(typeof(List<int>))]
internal sealed partial class BinderJson : JsonSerializerContext;
