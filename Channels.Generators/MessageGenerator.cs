using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>
/// Makes a typed message of every record marked with <c>[Message]</c>: writes the two members of <c>ITypedMessage</c>
/// that a person would write, from the type's name and the JSON context that the attribute gives.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class MessageGenerator : IIncrementalGenerator
{
    /// <summary>The name of the step whose output must stay cached when unrelated code changes.</summary>
    public const string ModelStep = "Messages";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var messages = context.SyntaxProvider
            .ForAttributeWithMetadataName("Channels.MessageAttribute", static (_, _) => true, MessageReader.Read)
            .Where(static model => model is not null)
            .Select(static (model, _) => model!)
            .WithTrackingName(ModelStep);
        context.RegisterSourceOutput(messages, static (output, model) =>
        {
            foreach (var problem in model.Problems)
            {
                output.ReportDiagnostic(problem.ToDiagnostic());
            }

            if (model.Problems.Count == 0)
            {
                output.AddSource($"{model.Place.FileName}.Message.g.cs", MessageWriter.Write(model));
            }
        });
    }
}
