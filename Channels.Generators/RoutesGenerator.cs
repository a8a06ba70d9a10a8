using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>
/// Writes the table of routes of every socket router class that has methods marked with <c>[SocketRoute]</c>, and the code that leads
/// a request through the stages of each.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class RoutesGenerator : IIncrementalGenerator
{
    /// <summary>The name of the step whose output must stay cached when unrelated code changes.</summary>
    public const string ModelStep = "Routers";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var routers = context.SyntaxProvider
            .ForAttributeWithMetadataName("Channels.SocketRouter.SocketRouteAttribute", static (_, _) => true, RouterReader.Read)
            .Where(static model => model is not null)
            .Select(static (model, _) => model!)
            .WithTrackingName(ModelStep);
        context.RegisterSourceOutput(routers, static (output, model) =>
        {
            foreach (var problem in model.Problems)
            {
                output.ReportDiagnostic(problem.ToDiagnostic());
            }

            if (model.IsSound)
            {
                output.AddSource($"{model.Place.FileName}.SocketRoutes.g.cs", RoutesWriter.Write(model));
            }
        });
    }
}
