using Channels.Tests.Support;

namespace Channels.Tests.Generators;

/// <summary>Each mistake around [On] is a compile error that names the culprit and stands where it is.</summary>
public sealed class EventsDiagnosticsTests
{
    private const string Usings = "using System; using System.Collections.Generic; using Channels.SocketIO; ";

    [TestCase("class C : SocketIOConsumer { [On(\"a\")] void A() { } }",
        "CHN040 'C': 'C' must be partial, because the dispatch to the [On] methods of 'C' is generated into it: write 'partial class'")]
    [TestCase("class Outer { partial class C : SocketIOConsumer { [On(\"a\")] void A() { } } }",
        "CHN040 'Outer': 'Outer' must be partial, because the dispatch to the [On] methods of 'C' is generated into it: write 'partial class'")]
    [TestCase("partial class C { [On(\"a\")] void A() { } }",
        "CHN041 'C': 'C' has [On] methods but does not derive from Channels.SocketIO.SocketIOConsumer: nothing would ever call them")]
    [TestCase("partial class C : WebSocketConsumer { [On(\"a\")] void A() { } }",
        "CHN041 'C': 'C' has [On] methods but does not derive from Channels.SocketIO.SocketIOConsumer: nothing would ever call them")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] void A() { } [On(\"a\")] void B() { } }",
        "CHN042 'B': 'A' and 'B' both handle the event 'a': give one of them another name, or join them")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] static void A() { } }",
        "CHN043 'A': 'A' cannot be a handler because it is static: make it an ordinary instance method")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] void A<T>(T value) { } }",
        "CHN043 'A': 'A' cannot be a handler because it is generic: make it an ordinary instance method")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] async void A() => await Task.Yield(); }",
        "CHN044 'A': 'A' is 'async void': return Task or ValueTask, so that its end and its failure are seen")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] void A(ref int x) { } }",
        "CHN045 'A': 'A' cannot be a handler because 'x' is passed by reference")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] void A(Span<byte> x) { } }",
        "CHN045 'A': 'A' cannot be a handler because 'x' is of the type 'Span<byte>', which no client can send")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] void A(Action x) { } }",
        "CHN045 'A': 'A' cannot be a handler because 'x' is of the type 'Action', which no client can send")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] void A(int x, SocketIOArguments all) { } }",
        "CHN045 'A': 'A' cannot be a handler because it takes all arguments at once and single ones besides; take the one or the other")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] void A(CancellationToken one, CancellationToken two) { } }",
        "CHN045 'A': 'A' cannot be a handler because it takes one thing twice")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] void A(Acknowledgement answer, int x) { } }",
        "CHN045 'A': 'A' cannot be a handler because the event's arguments come first, then the Acknowledgement, then the CancellationToken")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] int A(Acknowledgement answer) => 1; }",
        "CHN045 'A': 'A' cannot be a handler because it takes an Acknowledgement and returns a result, which is one too; keep the one or the other")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"\")] void A() { } }",
        "CHN046 'A': 'A' handles '', which is empty: give the event another name, or override OnConnectAsync or OnDisconnectAsync")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"disconnect\")] void A() { } }",
        "CHN046 'A': 'A' handles 'disconnect', which is an event of the client's own: give the event another name, or override OnConnectAsync or OnDisconnectAsync")]
    [TestCase("partial class C : SocketIOConsumer { [On(\"a\")] void A() { } protected override ValueTask DispatchEventAsync(SocketIOEvent message) => default; }",
        "CHN047 'DispatchEventAsync': 'C' overrides DispatchEventAsync and has [On] methods: keep one of the two, since the attribute generates that override; to see all events override OnEventAsync")]
    [TestCase("file partial class C : SocketIOConsumer { [On(\"a\")] void A() { } }",
        "CHN048 'C': 'C' is local to its file, so the dispatch of 'C' cannot be generated into it: make it internal, or override DispatchEventAsync by hand")]
    public void Mistakes_do_not_compile(string code, string problem) => Assert.That(GeneratorRun.Point(Usings + code), Is.EqualTo(new[] { problem }));

    [Test]
    public void What_is_right_compiles_without_a_warning() => Assert.That(GeneratorRun.Generate(Usings + """
        namespace App;
        public sealed partial class Right : SocketIOConsumer
        {
            [On("odd name: @")]
            private ValueTask<string?> @class(int @event, string? text, byte[] bytes, int missing = 7, CancellationToken token = default) => new(text);

            [On("all")]
            private SocketIOArguments All(SocketIOArguments all) => all;

            [On("answer")]
            private Task Answer(IReadOnlyList<int> numbers, Acknowledgement answer) => answer.SendAsync(1).AsTask();

            [On("nothing")]
            private void Nothing(DateTimeOffset? when) { }
        }
        """), Has.Count.EqualTo(1));
}
