using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>
/// Writes the <c>DispatchAsync</c> override of every consumer class that has methods marked with <c>[Handles]</c> or
/// <c>[Answers]</c>: the same <c>switch</c> a person would write, so that a message reaches its handler without reflection or
/// registration.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class HandlesGenerator : IIncrementalGenerator
{
    /// <summary>The name of the steps whose output must stay cached when unrelated code changes.</summary>
    public const string ModelStep = "Consumers";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        Register(context, ConsumerReader.Handles);
        Register(context, ConsumerReader.Answers);
    }

    // Each class is found by the first of its marked methods, whichever mark that has.
    private static void Register(IncrementalGeneratorInitializationContext context, string attribute)
    {
        var consumers = context.SyntaxProvider
            .ForAttributeWithMetadataName(attribute, static (_, _) => true, ConsumerReader.Read)
            .Where(static model => model is not null)
            .Select(static (model, _) => model!)
            .WithTrackingName(ModelStep);
        context.RegisterSourceOutput(consumers, static (output, model) =>
        {
            foreach (var problem in model.Problems)
            {
                output.ReportDiagnostic(problem.ToDiagnostic());
            }

            if (model.IsSound)
            {
                output.AddSource($"{model.Place.FileName}.Handles.g.cs", DispatchWriter.Write(model));
            }
        });
    }
}
