using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>From the symbols of a class to its model.</summary>
internal static class ConsumerReader
{
    /// <summary>The attribute of handlers.</summary>
    public const string Handles = "Channels.HandlesAttribute";

    /// <summary>The attribute of methods that answer requests.</summary>
    public const string Answers = "Channels.AnswersAttribute";

    /// <summary>
    /// The model of the class around a marked method; null unless it is the first of the class, so that each class is
    /// read once, whatever the number of its handlers and files.
    /// </summary>
    public static ConsumerModel? Read(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        if (context.TargetSymbol is not IMethodSymbol method || context.Attributes[0].AttributeClass is not { } attribute)
        {
            return null;
        }

        if (method.MethodKind != MethodKind.Ordinary)
        {
            return ConsumerModel.Of(Problem.At(method, Problems.NotOrdinary, method.Name, "no ordinary method"));
        }

        var consumer = method.ContainingType;
        var marked = consumer.GetMembers().OfType<IMethodSymbol>().Where(m => m.MethodKind == MethodKind.Ordinary && Mark(m) is not null).ToArray();
        if (!SymbolEqualityComparer.Default.Equals(marked.FirstOrDefault(), method.PartialDefinitionPart ?? method)
            || !SymbolEqualityComparer.Default.Equals(Mark(marked[0])!.AttributeClass, attribute))
        {
            return null;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var problems = new List<Problem>();
        CheckClass(consumer, problems);
        var handlers = new List<HandlerModel>();
        var owners = new Dictionary<string, (IMethodSymbol Method, bool TakesFamily)>(StringComparer.Ordinal);
        var read = marked.SelectMany(candidate => HandlerReader.Read(candidate, Mark(candidate)!, problems), (candidate, handler) => (candidate, handler)).ToArray();
        foreach (var (candidate, handler) in read.OrderBy(found => found.handler.TakesFamily))
        {
            var key = handler.Payload == PayloadKind.Event ? handler.PayloadType : handler.MessageType;
            if (!owners.TryGetValue(key, out var owner))
            {
                owners.Add(key, (candidate, handler.TakesFamily));
                handlers.Add(handler);
            }
            else if (owner.TakesFamily || !handler.TakesFamily) // a method for the record itself stands before one for its base
            {
                var byName = handler.Payload != PayloadKind.Event && !handler.TakesFamily && (IsNamed(candidate) || IsNamed(owner.Method));
                problems.Add(Problem.At(candidate, Problems.Duplicate, owner.Method.Name, candidate.Name, key, byName ? " (a method without a type gets it from its name)" : ""));
            }
        }

        var ordered = handlers.OrderBy(h => h.Payload == PayloadKind.Event).ThenByDescending(h => h.Depth)
            .ThenBy(h => h.MessageType, StringComparer.Ordinal).ThenBy(h => h.PayloadType, StringComparer.Ordinal);
        return new(TypePlace.Of(consumer), new([.. ordered]), new([.. problems]));
    }

    // One mark per method: the first that is written.
    private static AttributeData? Mark(IMethodSymbol method) =>
        method.GetAttributes().Concat(method.PartialImplementationPart?.GetAttributes() ?? [])
            .FirstOrDefault(a => a.AttributeClass?.ToDisplayString() is Handles or Answers);

    private static bool IsNamed(IMethodSymbol method) => HandlerReader.GivenType(Mark(method)!) is null;

    private static void CheckClass(INamedTypeSymbol consumer, List<Problem> problems)
    {
        if (!KnownTypes.IsConsumer(consumer))
        {
            problems.Add(Problem.At(consumer, Problems.NotConsumer, consumer.Name));
            return;
        }

        for (var type = consumer; type is not null; type = type.ContainingType)
        {
            if (type.IsFileLocal)
            {
                problems.Add(Problem.At(type, Problems.FileLocal, type.Name, consumer.Name));
            }
            else if (!TypePlace.IsPartial(type))
            {
                problems.Add(Problem.At(type, Problems.NotPartial, type.Name, consumer.Name));
            }
        }

        if (consumer.GetMembers("DispatchAsync").OfType<IMethodSymbol>().FirstOrDefault(m => m is { IsOverride: true, Parameters.Length: 1 }) is { } own)
        {
            problems.Add(Problem.At(own, Problems.OwnDispatch, consumer.Name));
        }
    }
}
