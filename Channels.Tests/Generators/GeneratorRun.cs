using System.Reflection;
using Channels.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Tests.Generators;

/// <summary>Runs our generators, and that of System.Text.Json, over source text, as the compiler would.</summary>
internal static class GeneratorRun
{
    public static readonly CSharpParseOptions Parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);

    private static readonly MetadataReference[] References = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(p) is "netstandard.dll" or "Microsoft.Extensions.DependencyInjection.Abstractions.dll" or "Channels.Core.dll" or "Channels.SocketRouter.dll" or "Channels.SocketIO.dll")
        .Select(p => MetadataReference.CreateFromFile(p))];

    private const string Usings = "global using System.Threading; global using System.Threading.Tasks; global using Channels;";

    public static CSharpCompilation Compile(params string[] sources) => CSharpCompilation.Create("App",
        sources.Prepend(Usings).Select((text, i) => CSharpSyntaxTree.ParseText(text, Parsing, $"File{i}.cs")), References,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    /// <summary>What users get with Channels.Core.</summary>
    public static ISourceGenerator[] Ours => [new HandlesGenerator().AsSourceGenerator(), new MessageGenerator().AsSourceGenerator(), new OnGenerator().AsSourceGenerator(), new RoutesGenerator().AsSourceGenerator()];

    /// <summary>The generator of System.Text.Json; it comes with the SDK's reference pack, beside the runtime the tests run on.</summary>
    public static IEnumerable<ISourceGenerator> Json()
    {
        var dotnet = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        var pack = Directory.EnumerateDirectories(Path.Combine(dotnet, "packs", "Microsoft.NETCore.App.Ref"), "10.*").Order(StringComparer.Ordinal).Last();
        return Assembly.LoadFrom(Path.Combine(pack, "analyzers", "dotnet", "cs", "System.Text.Json.SourceGeneration.dll")).GetTypes()
            .Where(type => type.IsDefined(typeof(GeneratorAttribute), inherit: false))
            .Select(type => Activator.CreateInstance(type, nonPublic: true) switch
            {
                IIncrementalGenerator generator => generator.AsSourceGenerator(),
                ISourceGenerator generator => generator,
                var other => throw new InvalidOperationException($"{other} is no generator."),
            });
    }

    public static GeneratorDriver Driver(bool track = false) => CSharpGeneratorDriver.Create([.. Ours, .. Json()],
        parseOptions: Parsing, driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: track));

    /// <summary>The files our generators made; fails when the whole does not compile without warnings.</summary>
    public static IReadOnlyList<GeneratedSourceResult> Generate(params string[] sources)
    {
        var driver = Driver().RunGeneratorsAndUpdateCompilation(Compile(sources), out var output, out var diagnostics);
        Assert.That(diagnostics, Is.Empty);
        Assert.That(output.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning), Is.Empty);
        return [.. driver.GetRunResult().Results.Take(Ours.Length).SelectMany(result => result.GeneratedSources)];
    }

    /// <summary>The generators' diagnostics of one source as <c>id 'what it points at': text</c>, in a stable order.</summary>
    public static string[] Point(string source)
    {
        Driver().RunGeneratorsAndUpdateCompilation(Compile(source), out _, out var diagnostics);
        return [.. diagnostics.Select(d => $"{d.Id} '{source.Substring(d.Location.SourceSpan.Start, d.Location.SourceSpan.Length)}': {d.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}").Order(StringComparer.Ordinal)];
    }

    /// <summary>The generators' diagnostics as <c>id: text</c>, in a stable order.</summary>
    public static string[] Diagnose(params string[] sources)
    {
        Driver().RunGeneratorsAndUpdateCompilation(Compile(sources), out _, out var diagnostics);
        Assert.That(diagnostics.Select(d => d.Location.GetLineSpan().Path), Has.None.Empty);
        return [.. diagnostics.Select(d => $"{d.Id}: {d.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}").Order(StringComparer.Ordinal)];
    }
}
