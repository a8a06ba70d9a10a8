using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>From the symbols of a class with [On] methods to its model.</summary>
internal static class EventHandlersReader
{
    /// <summary>
    /// The model of the class around a marked method; null unless it is the first of the class, so that each class is
    /// read once, whatever the number of its handlers and files.
    /// </summary>
    public static EventHandlersModel? Read(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        if (context.TargetSymbol is not IMethodSymbol method || context.Attributes[0].AttributeClass is not { } attribute)
        {
            return null;
        }

        var consumer = method.ContainingType;
        var marked = consumer.GetMembers().OfType<IMethodSymbol>().Where(m => Attribute(m, attribute) is not null).ToArray();
        if (!SymbolEqualityComparer.Default.Equals(marked.FirstOrDefault(), method.PartialDefinitionPart ?? method))
        {
            return null;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var problems = new List<Problem>();
        CheckClass(consumer, problems);
        var handlers = new List<EventHandlerModel>();
        var owners = new Dictionary<string, IMethodSymbol>(StringComparer.Ordinal);
        foreach (var candidate in marked)
        {
            if (EventHandlerReader.Read(candidate, Attribute(candidate, attribute)!, problems) is not { } handler)
            {
                continue;
            }

            if (owners.TryGetValue(handler.Event, out var owner))
            {
                problems.Add(Problem.At(candidate, EventProblems.Duplicate, owner.Name, candidate.Name, handler.Event));
            }
            else
            {
                owners.Add(handler.Event, candidate);
                handlers.Add(handler);
            }
        }

        return new(TypePlace.Of(consumer), new([.. handlers.OrderBy(handler => handler.Event, StringComparer.Ordinal)]), new([.. problems]));
    }

    private static AttributeData? Attribute(IMethodSymbol method, INamedTypeSymbol attribute) =>
        method.GetAttributes().Concat(method.PartialImplementationPart?.GetAttributes() ?? [])
            .FirstOrDefault(a => SymbolEqualityComparer.Default.Equals(a.AttributeClass, attribute));

    private static void CheckClass(INamedTypeSymbol consumer, List<Problem> problems)
    {
        if (!KnownTypes.Bases(consumer).Any(type => type.Name == "SocketIOConsumer" && type.ContainingNamespace.ToDisplayString() == "Channels.SocketIO"))
        {
            problems.Add(Problem.At(consumer, EventProblems.NotConsumer, consumer.Name));
            return;
        }

        for (var type = consumer; type is not null; type = type.ContainingType)
        {
            if (type.IsFileLocal)
            {
                problems.Add(Problem.At(type, EventProblems.FileLocal, type.Name, consumer.Name));
            }
            else if (!TypePlace.IsPartial(type))
            {
                problems.Add(Problem.At(type, EventProblems.NotPartial, type.Name, consumer.Name));
            }
        }

        if (consumer.GetMembers("DispatchEventAsync").OfType<IMethodSymbol>().FirstOrDefault(m => m is { IsOverride: true, Parameters.Length: 1 }) is { } own)
        {
            problems.Add(Problem.At(own, EventProblems.OwnDispatch, consumer.Name));
        }
    }
}
