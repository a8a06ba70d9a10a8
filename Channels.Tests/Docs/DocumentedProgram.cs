using System.Reflection;
using Channels.Tests.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Tests.Docs;

/// <summary>Builds a program from the documentation as a user's build would: implicit usings, our generators and that of System.Text.Json.</summary>
internal static class DocumentedProgram
{
    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly CSharpParseOptions Parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);

    // The same for every program: what the compiler has read of a library once it reads no second time.
    private static readonly MetadataReference[] References = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    /// <summary>Compiles the files; fails on errors and warnings, naming file and line.</summary>
    public static Assembly Build(string name, IEnumerable<KeyValuePair<string, string>> files)
    {
        var sources = files.ToList();
        var hasMain = sources.Any(file => Path.GetFileName(file.Key) == "Program.cs");
        var compilation = CSharpCompilation.Create(
            $"{name}-{Guid.NewGuid():N}", // never the name of an assembly that is loaded already
            sources.Append(new("Usings.cs", ImplicitUsings)).Select(file => CSharpSyntaxTree.ParseText(file.Value, Parsing, file.Key)),
            References,
            new CSharpCompilationOptions(hasMain ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        var driver = CSharpGeneratorDriver.Create([.. GeneratorRun.Ours, .. GeneratorRun.Json()], parseOptions: Parsing);
        driver.RunGeneratorsAndUpdateCompilation(compilation, out var complete, out var complaints);
        Assert.That(complaints, Is.Empty);

        using var image = new MemoryStream();
        var emitted = complete.Emit(image);
        Assert.That(emitted.Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning), Is.Empty);
        Assert.That(emitted.Success);
        return Assembly.Load(image.ToArray());
    }
}
