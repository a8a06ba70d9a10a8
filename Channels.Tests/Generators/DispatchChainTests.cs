using Microsoft.CodeAnalysis;

namespace Channels.Tests.Generators;

/// <summary>Bases in another assembly chain like bases in the same one.</summary>
public sealed class DispatchChainTests
{
    [Test]
    public void A_base_in_another_assembly_with_its_own_dispatch_is_called_for_the_rest()
    {
        var library = GeneratorRun.Compile("""namespace Lib; public abstract partial class Base : WebSocketConsumer { [Handles("a")] protected virtual void A() { } }""").WithAssemblyName("Lib");
        GeneratorRun.Driver().RunGeneratorsAndUpdateCompilation(library, out var compiledLibrary, out _);
        using var image = new MemoryStream();
        Assert.That(compiledLibrary.Emit(image).Success);

        var application = GeneratorRun.Compile("""public partial class Chat : Lib.Base { protected override void A() { } [Handles("b")] void B() { } }""")
            .AddReferences(MetadataReference.CreateFromImage(image.ToArray()));
        GeneratorRun.Driver().RunGeneratorsAndUpdateCompilation(application, out var compiled, out var diagnostics);

        Assert.That(diagnostics, Is.Empty);
        Assert.That(compiled.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning), Is.Empty);
    }
}
