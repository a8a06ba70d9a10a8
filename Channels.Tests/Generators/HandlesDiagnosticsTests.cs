using Channels.Tests.Support;

namespace Channels.Tests.Generators;

/// <summary>Each mistake around [Handles] is a compile error that names the culprit.</summary>
public sealed class HandlesDiagnosticsTests
{
    [TestCase("class C : Consumer { [Handles] void Ping() { } }", "CHN001", "'C' must be partial")]
    [TestCase("class Outer { partial class C : Consumer { [Handles] void Ping() { } } }", "CHN001", "'Outer' must be partial")]
    [TestCase("partial class C { [Handles] void Ping() { } }", "CHN002", "'C' has [Handles] or [Answers] methods but does not derive")]
    [TestCase("partial struct C { [Handles] void Ping() { } }", "CHN002", "'C'")]
    [TestCase("""partial class C : Consumer { [Handles("a")] void X() { } [Handles("a")] void Y() { } }""", "CHN003", "'X' and 'Y' both handle 'a':")]
    [TestCase("""partial class C : Consumer { [Handles("chat.message")] void X() { } [Handles] void ChatMessage() { } }""", "CHN003", "gets it from its name")]
    [TestCase("record E() : Event(\"e\"); partial class C : Consumer { [Handles] void X(E e) { } [Handles] void Y(E e) { } }", "CHN003", "'X' and 'Y' both handle 'global::E'")]
    [TestCase("partial class C : Consumer { [Handles] static void Ping() { } }", "CHN004", "'Ping' cannot be a handler because it is static")]
    [TestCase("partial class C : Consumer { [Handles] void Ping<T>() { } }", "CHN004", "generic")]
    [TestCase("partial class C : Consumer { void M() { Local(); [Handles] void Local() { } } }", "CHN004", "'Local'")]
    [TestCase("interface I { void Ping(); } partial class C : Consumer, I { [Handles] void I.Ping() { } }", "CHN004", "no ordinary method")]
    [TestCase("partial class C : Consumer { int P { [Handles] get; } }", "CHN004", "no ordinary method")]
    [TestCase("partial class C : Consumer { [Handles] int Ping() => 1; }", "CHN005", "'Ping' returns 'int'")]
    [TestCase("partial class C : Consumer { [Handles] Task<int> Ping() => null!; }", "CHN005", "Task<int>")]
    [TestCase("partial class C : Consumer { [Handles] async void Ping() => await Task.Yield(); }", "CHN005", "async void")]
    [TestCase("partial class C : Consumer { [Handles] void Ping(ChannelMessage a, int b) { } }", "CHN006", "it takes 2 parameters")]
    [TestCase("partial class C : Consumer { [Handles] void Ping(ref ChannelMessage a) { } }", "CHN006", "'a' is passed by reference")]
    [TestCase("partial class C : Consumer { [Handles] void Ping(CancellationToken a, ChannelMessage b) { } }", "CHN006", "it takes 2 parameters")]
    [TestCase("record E() : Event(\"e\"); partial class C : Consumer { [Handles(\"e\")] void Ping(E e) { } }", "CHN006", "picked by its class")]
    [TestCase("partial class C : Consumer { [Handles] void Ping(string text) { } }", "CHN007", "'Ping' takes 'string'")]
    [TestCase("partial class C : Consumer { [Handles] void Ping(Event e) { } }", "CHN007", "On… methods")]
    [TestCase("partial class C : WebSocketConsumer { [Handles] void Ping(WebSocketReceive e) { } }", "CHN007", "On… methods")]
    [TestCase("""partial class C : Consumer { [Handles("")] void Ping() { } }""", "CHN008", "'Ping' handles ''")]
    [TestCase("""partial class C : Consumer { [Handles("a b")] void Ping() { } }""", "CHN008", "'a b'")]
    [TestCase("""partial class C : Consumer { [Handles("_private")] void Ping() { } }""", "CHN008", "'_private'")]
    [TestCase("""partial class C : Consumer { [Handles(".x")] void Ping() { } }""", "CHN008", "'.x'")]
    [TestCase("""partial class C : Consumer { [Handles("websocket.receive")] void Ping() { } }""", "CHN009", "'websocket.receive'")]
    [TestCase("""partial class C : Consumer { [Handles("lifespan.startup")] void Ping() { } }""", "CHN009", "'lifespan.startup'")]
    [TestCase("""partial class C : Consumer { [Handles("connection.close")] void Ping() { } }""", "CHN009", "'connection.close'")]
    [TestCase("partial class C : Consumer { [Handles] void HttpRequest() { } }", "CHN009", "'http.request'")]
    [TestCase("partial class C : Consumer { [Handles] void Ping() { } protected override ValueTask DispatchAsync(Event message) => default; }", "CHN010", "'C' overrides DispatchAsync")]
    [TestCase("file partial class C : Consumer { [Handles] void Ping() { } }", "CHN011", "'C' is local to its file")]
    [TestCase("class C : Consumer { [Answers] MessageMap Ping() => null!; }", "CHN001", "'C' must be partial")]
    [TestCase("""partial class C : Consumer { [Answers("a")] void X() { } [Handles("a")] void Y() { } }""", "CHN003", "'X' and 'Y' both handle 'a':")]
    [TestCase("partial class C : Consumer { [Answers] static void Ping() { } }", "CHN004", "'Ping' cannot be a handler because it is static")]
    [TestCase("partial class C : Consumer { [Answers] async void Ping() => await Task.Yield(); }", "CHN005", "async void")]
    [TestCase("partial class C : Consumer { [Answers] void Ping(MessageMap a, int b) { } }", "CHN006", "it takes 2 parameters")]
    [TestCase("record E() : Event(\"e\"); partial class C : Consumer { [Answers] void Ping(E e) { } }", "CHN007", "only layer messages are requests")]
    [TestCase("partial class C : Consumer { [Answers] int Ping() => 1; }", "CHN021", "'Ping' returns 'int'")]
    [TestCase("partial class C : Consumer { [Answers] ValueTask<string> Ping() => default; }", "CHN021", "ValueTask<string>")]
    [Proves("C-CONS-04", "C-CONS-05", "SEC-53")]
    public void Every_mistake_is_one_error(string source, string id, string text)
    {
        var diagnostics = GeneratorRun.Diagnose(source);

        Assert.That(diagnostics, Has.Length.EqualTo(1));
        Assert.That(diagnostics[0], Does.StartWith(id + ": ").And.Contain(text));
    }

    [Test]
    [Proves("SEC-53")]
    public void A_type_of_ten_kilobytes_is_refused() =>
        Assert.That(GeneratorRun.Diagnose($$"""partial class C : Consumer { [Handles("{{new string('x', 10_240)}}")] void Ping() { } }""").Single(), Does.StartWith("CHN008"));

    [TestCase("""partial class C : Consumer { [Handles("a")] void X(Base b) { } }""", "CHN006", "'Base' is the base of several messages")]
    [TestCase("partial class C : Consumer { [Handles] void X(Base b) { } [Handles] void Y(Base b) { } }", "CHN003", "'X' and 'Y' both handle 'a.one':")]
    [TestCase("partial class C : Consumer { [Handles] void X(Bare b) { } }", "CHN007", "a base whose [JsonDerivedType] attributes name records with [Message]")]
    [Proves("FN-18")]
    public void A_mistake_with_a_base_of_messages_is_an_error(string source, string id, string text)
    {
        var diagnostics = GeneratorRun.Diagnose("using System.Text.Json.Serialization; " + source, """
            using System.Text.Json.Serialization;
            [JsonDerivedType(typeof(One), "one")] public abstract record Base;
            [JsonDerivedType(typeof(Plain), "plain")] public abstract record Bare;
            public sealed record Plain : Bare;
            [Message("a.one", typeof(Json))] public sealed partial record One : Base;
            [JsonSerializable(typeof(Base))] public sealed partial class Json : JsonSerializerContext;
            """);

        Assert.That(diagnostics, Has.Length.EqualTo(1));
        Assert.That(diagnostics[0], Does.StartWith(id + ": ").And.Contain(text));
    }

    [Test]
    public void A_name_that_differs_from_the_records_own_type_is_a_warning()
    {
        const string source = """
            public sealed record ChatMessage : ITypedMessage<ChatMessage>
            {
                public static string MessageType => "chat.msg";
                public static System.Text.Json.Serialization.Metadata.JsonTypeInfo<ChatMessage> MessageTypeInfo => null!;
            }
            partial class C : Consumer { [Handles] void OnMessage(ChatMessage message) { } }
            """;

        Assert.That(GeneratorRun.Diagnose(source).Single(), Does.StartWith("CHN012").And.Contain("""[Handles("chat.msg")]"""));
        Assert.That(GeneratorRun.Diagnose(source.Replace("[Handles]", """[Handles("other.type")]""", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Several_mistakes_in_one_class_are_all_reported_and_nothing_is_generated()
    {
        const string source = "class C : Consumer { [Handles] int A() => 1; [Handles] void B(string s) { } }";

        Assert.That(GeneratorRun.Diagnose(source).Select(d => d[..6]), Is.EqualTo(new[] { "CHN001", "CHN005", "CHN007" }));
        Assert.That(GeneratorRun.Driver().RunGenerators(GeneratorRun.Compile(source)).GetRunResult().GeneratedTrees, Is.Empty);
    }
}
