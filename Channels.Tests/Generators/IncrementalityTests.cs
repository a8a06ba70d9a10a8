using Channels.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Tests.Generators;

/// <summary>Typing in an editor must not write the dispatch anew at each key.</summary>
public sealed class IncrementalityTests
{
    private const string Chat = """public partial class Chat : WebSocketConsumer { [Handles("a")] void A() { } [Handles("b")] ValueTask B(MessageMap m) => default; }""";
    private const string Said = """[Message("said", typeof(ChatJson))] public sealed partial record Said(string Text); [System.Text.Json.Serialization.JsonSerializable(typeof(Said))] public partial class ChatJson : System.Text.Json.Serialization.JsonSerializerContext;""";
    private const string Other = "public class Other { public int Number() => 1; }";

    [TestCase(Other, "public class Other { public int Number() => 2; } public class More;")]
    [TestCase(Chat, "// a comment moves everything\n\n" + Chat)]
    [TestCase("record Said(string Text)", "record Said(string Text, int Number)")]
    [TestCase("""void A() { }""", """void A() { Console.Beep(); }""")]
    public void Unrelated_edits_leave_the_output_cached(string before, string after)
    {
        var reasons = Reasons(before, after);

        Assert.That(reasons.Model.Distinct(), Is.SubsetOf(new[] { IncrementalStepRunReason.Unchanged, IncrementalStepRunReason.Cached }));
        Assert.That(reasons.Output, Is.All.EqualTo(IncrementalStepRunReason.Cached));
    }

    [TestCase("""[Handles("a")]""", """[Handles("z")]""")]
    [TestCase("ValueTask B(MessageMap m)", "ValueTask B(ChannelMessage m)")]
    [TestCase("""[Message("said",""", """[Message("told",""")]
    public void An_edit_of_a_handler_or_message_writes_the_output_anew(string before, string after) =>
        Assert.That(Reasons(before, after).Output, Has.Some.EqualTo(IncrementalStepRunReason.Modified));

    private static (IncrementalStepRunReason[] Model, IncrementalStepRunReason[] Output) Reasons(string before, string after)
    {
        var first = GeneratorRun.Compile(Chat, Said, Other);
        var tree = first.SyntaxTrees.Single(t => t.ToString().Contains(before, StringComparison.Ordinal));
        var second = first.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(tree.ToString().Replace(before, after, StringComparison.Ordinal), GeneratorRun.Parsing, tree.FilePath));

        var results = GeneratorRun.Driver(track: true).RunGenerators(first).RunGenerators(second).GetRunResult().Results.Take(GeneratorRun.Ours.Length).ToList();

        return ([.. results.SelectMany(result => result.TrackedSteps).Where(step => step.Key is HandlesGenerator.ModelStep or MessageGenerator.ModelStep)
                .SelectMany(step => step.Value).SelectMany(s => s.Outputs).Select(o => o.Reason)],
            [.. results.SelectMany(result => result.TrackedOutputSteps.Values).SelectMany(steps => steps).SelectMany(s => s.Outputs).Select(o => o.Reason)]);
    }
}
