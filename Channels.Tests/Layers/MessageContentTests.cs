using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Channels.Tests.Support;

namespace Channels.Tests.Layers;

/// <summary>What no layer between processes could carry is refused when the message is made, whatever the layer, by name.</summary>
public sealed class MessageContentTests
{
    private const string Torn = "half \ud83d gone";

    private static IEnumerable<TestCaseData> UnsendableMaps()
    {
        yield return new TestCaseData(new MessageMap { ["type"] = "chat.other" }, "'type'");
        yield return new TestCaseData(new MessageMap { ["__asgi_channel__"] = "x" }, "'__asgi_channel__'");
        yield return new TestCaseData(new MessageMap { ["__channels_except__"] = "x" }, "'__channels_except__'");
        yield return new TestCaseData(new MessageMap { ["text"] = Torn }, "'text'");
        yield return new TestCaseData(new MessageMap { ["text"] = "\ude00" }, "'text'");
        yield return new TestCaseData(new MessageMap { ["list"] = new MessageValue[] { "fine", Torn } }, "'list'");
        yield return new TestCaseData(new MessageMap { ["map"] = new MessageMap { ["inner"] = Torn } }, "'inner'");
        yield return new TestCaseData(new MessageMap { [Torn] = 1 }, "half");
        yield return new TestCaseData(new MessageMap { ["deep"] = Nested(512) }, "512");
    }

    [TestCaseSource(nameof(UnsendableMaps))]
    [Proves("R-CORE-08", "R-CORE-13")]
    public void A_map_is_refused_by_the_name_of_its_entry(MessageMap fields, string name) =>
        Assert.That(() => new ChannelMessage("test.map", fields), Throws.ArgumentException.With.Message.Contains(name));

    [Test]
    public void A_map_that_layers_can_carry_is_none_of_these() =>
        Assert.That(new ChannelMessage("test.map", new() { ["Type"] = "😀\ufffd", ["inner"] = new MessageMap { ["type"] = 1 }, ["deep"] = Nested(511) }).Fields, Has.Count.EqualTo(3));

    [Test]
    public void Names_and_reasons_are_checked_as_well()
    {
        Assert.That(() => new ChannelMessage(Torn), Throws.ArgumentException.With.Message.Contains("type"));
        Assert.That(() => ChannelMessage.CloseConnection(1000, Torn), Throws.ArgumentException.With.Message.Contains("reason"));
        Assert.That(() => new ChannelMessage("x") { Except = ["fine", Torn] }, Throws.ArgumentException.With.Message.Contains("no channel's name"));
        Assert.That(() => new ChannelMessage("x") { Except = [null!] }, Throws.ArgumentException);
    }

    private static IEnumerable<TestCaseData> UnsendableRecords()
    {
        yield return new TestCaseData(new FlatContent { Text = Torn }, "'text'");
        yield return new TestCaseData(new FlatContent { Price = 1234567890123456789.12m }, "'price'");
        yield return new TestCaseData(new FlatContent { Score = double.NaN }, "'score'");
        yield return new TestCaseData(new FlatContent { Ratio = float.PositiveInfinity }, "'ratio'");
        yield return new TestCaseData(new NestedContent { Child = new() { Text = Torn } }, "'text'");
        yield return new TestCaseData(new NestedContent { Child = new() { Score = double.NaN } }, "'child'");
        yield return new TestCaseData(new NestedContent { Tags = ["fine", Torn] }, "'tags'");
        yield return new TestCaseData(new NestedContent { Lookup = new() { [Torn] = 1 } }, "surrogate");
        yield return new TestCaseData(new NestedContent { Huge = UInt128.MaxValue }, "'huge'");
    }

    [TestCaseSource(nameof(UnsendableRecords))]
    [Proves("FC-3")]
    public void A_record_is_refused_by_the_name_of_its_property(object record, string name) => Assert.That(
        () => record is FlatContent flat ? ChannelMessage.Of(flat) : ChannelMessage.Of((NestedContent)record),
        Throws.ArgumentException.With.Message.Contains(name).And.Message.Contains(record.GetType().Name));

    [Test]
    [Proves("FC-3")]
    public void A_record_whose_property_stands_where_the_type_does_is_refused_at_its_first_message() => Assert.That(
        () => ChannelMessage.Of(new TypeContent("x")), Throws.ArgumentException.With.Message.Contains("'type'").And.Message.Contains(nameof(TypeContent)));

    [Test]
    [Proves("FC-3")]
    public void A_record_whose_message_type_no_message_may_have_is_refused_at_its_first_message()
    {
        Assert.That(() => ChannelMessage.Of(new TornType(1)), Throws.ArgumentException.With.Message.Contains(nameof(TornType)).And.Message.Contains("surrogate"));
        Assert.That(() => ChannelMessage.Of(new ReservedType(1)), Throws.ArgumentException.With.Message.Contains(nameof(ReservedType)).And.Message.Contains("'connection.close' begins with 'connection.'"));
        Assert.That(() => ChannelMessage.Of(new NoType(1)), Throws.ArgumentException.With.Message.Contains(nameof(NoType)).And.Message.Contains("no message type"));
    }

    [Test]
    public void What_a_record_may_hold_arrives_as_it_was()
    {
        var flat = new FlatContent { Text = "😀 \ufffd \\uFFFD", Price = 12.5m, Score = -0.0, Ratio = 0.1f, Count = ulong.MaxValue, Day = DayOfWeek.Friday };
        var nested = new NestedContent { Child = flat, Tags = ["\ufffd", "\\uFFFD"], Lookup = new() { ["😀"] = 1 } };
        Assert.That(Read<FlatContent>(ChannelMessage.Of(flat)), Is.EqualTo(flat));
        Assert.That(Read<NestedContent>(ChannelMessage.Of(nested))!.Child, Is.EqualTo(flat));
        Assert.That(Read<NestedContent>(ChannelMessage.Of(nested))!.Tags, Is.EqualTo(nested.Tags));
    }

    [Test]
    public void Not_finite_numbers_pass_where_the_contract_gives_them_names() =>
        Assert.That(double.IsNaN(Read<NamedNumbers>(ChannelMessage.Of(new NamedNumbers(double.NaN)))!.Value));

    // As another process reads it: from the map alone.
    private static T? Read<T>(ChannelMessage sent)
        where T : class, ITypedMessage<T> => new ChannelMessage(T.MessageType, sent.Fields).TryRead<T>(out var body, out _) ? body : null;

    private static MessageMap Nested(int levels) => levels == 1 ? [] : new MessageMap { ["x"] = Nested(levels - 1) };
}

internal sealed record FlatContent : ITypedMessage<FlatContent>
{
    public static string MessageType => "test.flat";

    public static JsonTypeInfo<FlatContent> MessageTypeInfo => ContentJson.Default.FlatContent;

    public string? Text { get; init; }

    public decimal Price { get; init; }

    public double Score { get; init; }

    public float? Ratio { get; init; }

    public ulong Count { get; init; }

    public DayOfWeek Day { get; init; }
}

internal sealed record NestedContent : ITypedMessage<NestedContent>
{
    public static string MessageType => "test.nested";

    public static JsonTypeInfo<NestedContent> MessageTypeInfo => ContentJson.Default.NestedContent;

    public FlatContent? Child { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public Dictionary<string, int>? Lookup { get; init; }

    public UInt128 Huge { get; init; }
}

internal sealed record TypeContent(string Type) : ITypedMessage<TypeContent>
{
    public static string MessageType => "test.type";

    public static JsonTypeInfo<TypeContent> MessageTypeInfo => ContentJson.Default.TypeContent;
}

internal sealed record TornType(int Number) : ITypedMessage<TornType>
{
    public static string MessageType => "test.\ud83d";

    public static JsonTypeInfo<TornType> MessageTypeInfo => ContentJson.Default.TornType;
}

internal sealed record ReservedType(int Number) : ITypedMessage<ReservedType>
{
    public static string MessageType => "connection.close";

    public static JsonTypeInfo<ReservedType> MessageTypeInfo => ContentJson.Default.ReservedType;
}

internal sealed record NoType(int Number) : ITypedMessage<NoType>
{
    public static string MessageType => "";

    public static JsonTypeInfo<NoType> MessageTypeInfo => ContentJson.Default.NoType;
}

internal sealed record NamedNumbers([property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Value) : ITypedMessage<NamedNumbers>
{
    public static string MessageType => "test.named";

    public static JsonTypeInfo<NamedNumbers> MessageTypeInfo => ContentJson.Default.NamedNumbers;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FlatContent))]
[JsonSerializable(typeof(NestedContent))]
[JsonSerializable(typeof(TypeContent))]
[JsonSerializable(typeof(NamedNumbers))]
[JsonSerializable(typeof(TornType))]
[JsonSerializable(typeof(ReservedType))]
[JsonSerializable(typeof(NoType))]
internal sealed partial class ContentJson : JsonSerializerContext;
