using Channels.Tests.Support;

namespace Channels.Tests.Generators;

/// <summary>Each mistake around [SocketRoute] is a compile error that names the culprit.</summary>
public sealed class RoutesDiagnosticsTests
{
    private const string Usings = "using System.Collections.Generic; using Channels.SocketRouter; ";

    [TestCase("class C : SocketRouterConsumer { [SocketRoute] void OnX() { } }", "CHN031", "'C' must be partial")]
    [TestCase("partial class C : WebSocketConsumer { [SocketRoute] void OnX() { } }", "CHN032", "'C' has [SocketRoute] methods but does not derive")]
    [TestCase("partial class C<T> : SocketRouterConsumer { [SocketRoute] void OnX() { } }", "CHN033", "'C' is generic")]
    [TestCase("file partial class C : SocketRouterConsumer { [SocketRoute] void OnX() { } }", "CHN033", "local to its file")]
    [TestCase("partial class C : SocketRouterConsumer { [SocketRoute(Hydrate = \"Find\")] void OnX() { } }", "CHN034", "names 'Find' as its Hydrate, but there is no such method")]
    [TestCase("partial class C : SocketRouterConsumer { bool May() => true; bool May(int a) => true; [SocketRoute(AccessCheck = \"May\")] void OnX() { } }", "CHN034", "several of this name")]
    [TestCase("partial class C : SocketRouterConsumer { Task MayAsync() => null!; [SocketRoute(AccessCheck = \"MayAsync\")] void OnX() { } }", "CHN035", "a check returns bool")]
    [TestCase("partial class C : SocketRouterConsumer { void May() { } [SocketRoute(AccessCheck = \"May\")] void OnX() { } }", "CHN035", "it returns 'void'")]
    [TestCase("partial class C : SocketRouterConsumer { async void May() => await Task.Yield(); [SocketRoute(DataCheck = \"May\")] void OnX() { } }", "CHN035", "may return the wrong fields")]
    [TestCase("partial class C : SocketRouterConsumer { Task<Task<bool>> May() => null!; [SocketRoute(AccessCheck = \"May\")] void OnX() { } }", "CHN035", "it returns 'Task<Task<bool>>'")]
    [TestCase("partial class C : SocketRouterConsumer { void Find() { } [SocketRoute(Hydrate = \"Find\")] void OnX() { } }", "CHN035", "hydrate returns what it finds")]
    [TestCase("partial class C : SocketRouterConsumer { int View(string a) => 1; [SocketRoute(Dehydrate = \"View\")] int OnX() => 1; }", "CHN035", "its first parameter is not the payload of 'OnX'")]
    [TestCase("partial class C : SocketRouterConsumer { int View(int a) => 1; [SocketRoute(Dehydrate = \"View\")] void OnX() { } }", "CHN035", "'OnX' returns no payload")]
    [TestCase("partial class C : SocketRouterConsumer { bool May(int a) => true; [SocketRoute(DataCheck = \"May\")] void OnX(string b) { } }", "CHN035", "it takes 'string b'")]
    [TestCase("partial class C : SocketRouterConsumer { [SocketRoute] async void OnX() => await Task.Yield(); }", "CHN035", "async void")]
    [TestCase("partial class C : SocketRouterConsumer { [SocketRoute] void OnX(ref int a) { } }", "CHN035", "nothing by reference")]
    [Proves("SR-45")]
    public void Mistakes_do_not_compile(string code, string id, string text) =>
        Assert.That(GeneratorRun.Diagnose(Usings + code).Single(diagnostic => diagnostic.StartsWith(id, StringComparison.Ordinal)), Does.Contain(text));

    [Test]
    public void What_is_right_compiles_without_a_warning() => Assert.That(GeneratorRun.Generate(Usings + """
        namespace App;
        public sealed partial class Right : SocketRouterConsumer
        {
            [SocketRoute("@odd", DataCheck = nameof(Check), AccessCheck = nameof(MayAsync), Hydrate = nameof(FindAsync), Dehydrate = nameof(View), Parallel = true, TimeoutMs = 5)]
            private ValueTask<SocketReply<string>> OnOdd(int @class, string? found, SocketRequest request, CancellationToken token) => new(new SocketReply<string>(found));

            [SocketRoute]
            private static void @OnVoid(int? payload) { }

            [SocketRoute]
            private IAsyncEnumerable<int> OnItems() => throw new System.NotSupportedException();

            private static IReadOnlyDictionary<string, string>? Check(int payload) => null;
            private Task<bool> MayAsync(SocketRequest request) => Task.FromResult(true);
            private ValueTask<string?> FindAsync(int payload) => new("x");
            private int View(string? found, CancellationToken token) => 1;
        }
        """), Has.Count.EqualTo(1));
}
