using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.RegularExpressions;
using Channels.Tests.Architecture;
using Channels.Tests.Support;

namespace Channels.Tests.Docs;

/// <summary>What the documentation shows is what the libraries do.</summary>
public sealed partial class DocumentationTests
{
    [TestCaseSource(typeof(CodeBlocks), nameof(CodeBlocks.Documents))]
    public void Code_in_documents_compiles(string document)
    {
        foreach (var (project, files) in CodeBlocks.ProjectsAfter(document))
        {
            DocumentedProgram.Build(project, files);
        }
    }

    [TestCaseSource(typeof(CodeBlocks), nameof(CodeBlocks.Framed))]
    public void Parts_of_programs_compile_in_their_frames(string code) => DocumentedProgram.Build("frame", [new("Part.cs", code)]);

    [TestCaseSource(typeof(CodeBlocks), nameof(CodeBlocks.All))]
    public void Every_block_of_code_says_how_it_is_compiled(string document) => Assert.That(
        File.ReadLines(Repository.PathOf(document)).Where(line => line.StartsWith("```cs", StringComparison.Ordinal) && !Marks().IsMatch(line)),
        Is.Empty,
        "mark it 'csharp file=PROJECT/NAME.cs', 'csharp frame=NAME' or 'csharp fragment'");

    [Test]
    public async Task The_tests_of_the_tutorial_pass()
    {
        var files = CodeBlocks.ProjectsAfter(Path.Combine("docs", "tutorial", "part-4.md"))["tutorial"];
        var program = DocumentedProgram.Build("tutorial", files);
        var tests = program.GetTypes().SelectMany(type => type.GetMethods()).Where(method => method.IsDefined(typeof(TestAttribute))).ToList();
        Assert.That(tests, Has.Count.GreaterThanOrEqualTo(3));
        foreach (var test in tests)
        {
            await RunAsync(test);
        }
    }

    [Test]
    public void Links_between_documents_lead_somewhere()
    {
        var broken = new List<string>();
        foreach (var document in CodeBlocks.All().Select(document => Repository.PathOf(document)))
        {
            foreach (Match link in Links().Matches(File.ReadAllText(document)))
            {
                var target = Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value);
                if (!File.Exists(target) && !Directory.Exists(target))
                {
                    broken.Add($"{Path.GetFileName(document)}: {link.Groups[1].Value}");
                }
            }
        }

        Assert.That(broken, Is.Empty);
    }

    [Test]
    public void Options_in_tables_are_the_options_that_exist()
    {
        var options = Libraries.Names.SelectMany(name => Libraries.Load(name).GetExportedTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type != typeof(LocalDeliveryOptions)) // which only layers set
            .SelectMany(type => type.GetProperties()).Select(property => property.Name).ToHashSet(StringComparer.Ordinal);

        Assert.That(OptionsInTables().Distinct(), Is.EquivalentTo(options));
    }

    /// <summary>The first column of tables whose first heading is Option, Key, Setting or a section in backquotes.</summary>
    private static IEnumerable<string> OptionsInTables()
    {
        foreach (var document in CodeBlocks.All())
        {
            var inTable = false;
            foreach (var line in File.ReadLines(Repository.PathOf(document)))
            {
                inTable = line.StartsWith('|') && (inTable || OptionTable().IsMatch(line));
                foreach (Match option in OptionNames().Matches(inTable ? line.Split('|')[1] : ""))
                {
                    yield return option.Groups[1].Value;
                }
            }
        }
    }

    private static async Task RunAsync(MethodInfo test)
    {
        try
        {
            if (test.Invoke(Activator.CreateInstance(test.DeclaringType!), null) is Task running)
            {
                await running;
            }
        }
        catch (TargetInvocationException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerException!);
        }
    }

    [GeneratedRegex(@"\]\((?!https?:)([^)#\s]+)")]
    private static partial Regex Links();

    [GeneratedRegex(@"^```csharp (file=\S+/\S+|frame=\S+|fragment)$")]
    private static partial Regex Marks();

    [GeneratedRegex(@"^\| (Option|Key|Setting|`Channels:[^`]*`) \|")]
    private static partial Regex OptionTable();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex OptionNames();
}
