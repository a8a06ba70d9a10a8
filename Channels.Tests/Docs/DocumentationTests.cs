using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.RegularExpressions;
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
        foreach (var document in Directory.EnumerateFiles(Repository.PathOf("docs", "tutorial"), "*.md"))
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
}
