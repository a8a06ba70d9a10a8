using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>
/// Writes the <c>DispatchEventAsync</c> override of every Socket.IO consumer that has methods marked with <c>[On]</c>, so that
/// an event reaches its handler, and its arguments their parameters, without reflection or registration.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class OnGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var consumers = context.SyntaxProvider
            .ForAttributeWithMetadataName("Channels.SocketIO.OnAttribute", static (_, _) => true, EventHandlersReader.Read)
            .Where(static model => model is not null)
            .Select(static (model, _) => model!);
        context.RegisterSourceOutput(consumers, static (output, model) =>
        {
            foreach (var problem in model.Problems)
            {
                output.ReportDiagnostic(problem.ToDiagnostic());
            }

            if (model.IsSound)
            {
                output.AddSource($"{model.Place.FileName}.On.g.cs", EventDispatchWriter.Write(model));
            }
        });
    }
}
