namespace Channels.Tests.Generators;

/// <summary>Each mistake around [Message] is a compile error that names the culprit and the remedy.</summary>
public sealed class MessageDiagnosticsTests
{
    // Every record below is called M, so the context is right unless the test says otherwise.
    private const string Json = "[System.Text.Json.Serialization.JsonSerializable(typeof(M))] partial class Json : System.Text.Json.Serialization.JsonSerializerContext;";
    private const string Empty = "[System.Text.Json.Serialization.JsonSerializable(typeof(int))] partial class Empty : System.Text.Json.Serialization.JsonSerializerContext;";

    [TestCase("""[Message("m", typeof(Json))] record M;""", "CHN013", "'M' must be partial, because MessageType and MessageTypeInfo of 'M' are generated into it: write 'partial record'")]
    [TestCase("""[Message("m", typeof(Json))] class M;""", "CHN013", "write 'partial class'")]
    [TestCase("""[Message("m", typeof(Empty))] partial record M;""", "CHN014", "'Empty' has no contract for 'M': add [JsonSerializable(typeof(M))] to 'Empty'")]
    [TestCase("""[Message("m", typeof(string))] partial record M;""", "CHN015", "'M' names 'String', which is no JsonSerializerContext")]
    [TestCase("""[Message("", typeof(Json))] partial record M;""", "CHN016", "'M' has the type ''")]
    [TestCase("""[Message("a b", typeof(Json))] partial record M;""", "CHN016", "'a b'")]
    [TestCase("""[Message("_m", typeof(Json))] partial record M;""", "CHN016", "'_m'")]
    [TestCase("""[Message(null!, typeof(Json))] partial record M;""", "CHN016", "''")]
    [TestCase("""[Message("websocket.send", typeof(Json))] partial record M;""", "CHN017", "'websocket.send'")]
    [TestCase("""[Message("connection.close", typeof(Json))] partial record M;""", "CHN017", "'connection.close'")]
    [TestCase("""[Message("m", typeof(Json))] partial record M(string Type);""", "CHN018", "'M' has the property 'Type'")]
    [TestCase("""[Message("m", typeof(Json))] partial record M { public string type { get; init; } = ""; }""", "CHN018", "'type'")]
    [TestCase("""[Message("m", typeof(Json))] partial record M { [System.Text.Json.Serialization.JsonPropertyName("type")] public string Kind { get; init; } = ""; }""", "CHN018", "'Kind'")]
    [TestCase("""abstract record Base(string Type); [Message("m", typeof(Json))] partial record M(string Text) : Base("x");""", "CHN018", "'Type'")]
    [TestCase("""[Message("m", typeof(Json))] partial record M { public static string MessageType => "m"; }""", "CHN020", "a 'MessageType' of its own")]
    public void Every_mistake_is_one_error(string source, string id, string text)
    {
        var diagnostics = GeneratorRun.Diagnose(source, Json, Empty);

        Assert.That(diagnostics, Has.Length.EqualTo(1));
        Assert.That(diagnostics[0], Does.StartWith(id + ": ").And.Contain(text));
    }

    [TestCase("""class Outer { [Message("m", typeof(Context))] public partial record M; }""", "typeof(Outer.M)", "CHN013", "'Outer' must be partial, because MessageType and MessageTypeInfo of 'M' are generated into it: write 'partial class'")]
    [TestCase("""partial class Outer<T> { [Message("m", typeof(Context))] public partial record M; }""", "typeof(Outer<int>.M)", "CHN019", "'M' cannot be a message because 'Outer' is generic")]
    [TestCase("""[Message("m", typeof(Context))] public partial record M<T>;""", "typeof(M<int>)", "CHN019", "'M' is generic")]
    [TestCase("""[Message("m", typeof(Context))] file partial record M;""", "typeof(int)", "CHN019", "'M' is local to its file")]
    public void What_no_context_can_name_is_an_error(string source, string named, string id, string text)
    {
        var context = $"[System.Text.Json.Serialization.JsonSerializable({named})] partial class Context : System.Text.Json.Serialization.JsonSerializerContext;";

        Assert.That(GeneratorRun.Diagnose(source, context), Has.Some.StartsWith(id + ": ").And.Some.Contains(text));
    }

    [Test]
    public void A_property_that_is_called_type_only_here_is_none_of_the_messages() =>
        Assert.That(GeneratorRun.Diagnose("""[Message("m", typeof(Json))] partial record M([property: System.Text.Json.Serialization.JsonPropertyName("kind")] string Type) { [System.Text.Json.Serialization.JsonIgnore] public string type => Type; }""", Json), Is.Empty);
}
