using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Generators;

/// <summary>From an [On] method to its model, or to what is wrong with it.</summary>
internal static class EventHandlerReader
{
    private static readonly SymbolDisplayFormat FullName = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    // What clients keep for themselves (socket.io-client).
    private static readonly string[] Reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

    /// <summary>The handler; null when something is wrong with it.</summary>
    public static EventHandlerModel? Read(IMethodSymbol method, AttributeData attribute, List<Problem> problems)
    {
        var before = problems.Count;
        var name = attribute.ConstructorArguments.Length == 1 ? attribute.ConstructorArguments[0].Value as string ?? "" : "";
        if (name.Length == 0 || Reserved.Contains(name))
        {
            problems.Add(Problem.At(method, EventProblems.WrongName, method.Name, name, name.Length == 0 ? "is empty" : "is an event of the client's own"));
        }

        var what = method.MethodKind != MethodKind.Ordinary ? "no ordinary method" : method.IsStatic ? "static" : method.IsGenericMethod ? "generic" : null;
        if (what is not null)
        {
            problems.Add(Problem.At(method, EventProblems.NotOrdinary, method.Name, what));
        }

        var returns = ReadReturn(method, problems);
        var parameters = method.Parameters.Select(parameter => ReadParameter(method, parameter, problems)).ToArray();
        CheckOrder(method, parameters, returns, problems);
        return problems.Count == before ? new(name, Escaped(method.Name), new(parameters), returns) : null;
    }

    private static EventReturn ReadReturn(IMethodSymbol method, List<Problem> problems)
    {
        if (method.ReturnsVoid)
        {
            if ((method.PartialImplementationPart ?? method).IsAsync)
            {
                problems.Add(Problem.At(method, EventProblems.WrongReturn, method.Name));
            }

            return EventReturn.Void;
        }

        return method.ReturnType is INamedTypeSymbol { ContainingType: null } type && type.ContainingNamespace.ToDisplayString() == "System.Threading.Tasks"
            ? (type.Name, type.Arity) switch
            {
                ("Task", 0) => EventReturn.Task,
                ("Task", 1) => EventReturn.TaskOfResult,
                ("ValueTask", 0) => EventReturn.ValueTask,
                ("ValueTask", 1) => EventReturn.ValueTaskOfResult,
                _ => EventReturn.Result,
            }
            : EventReturn.Result;
    }

    private static EventParameter ReadParameter(IMethodSymbol method, IParameterSymbol parameter, List<Problem> problems)
    {
        var type = parameter.Type;
        var wrong = parameter.RefKind != RefKind.None ? $"'{parameter.Name}' is passed by reference"
            : type.IsRefLikeType || type.TypeKind is TypeKind.Pointer or TypeKind.FunctionPointer or TypeKind.Delegate ? $"'{parameter.Name}' is of the type '{type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}', which no client can send"
            : null;
        if (wrong is not null)
        {
            problems.Add(Problem.At(method, EventProblems.WrongParameters, method.Name, wrong));
        }

        if (KnownTypes.IsCancellationToken(type))
        {
            return new(EventParameterKind.Token, "", RefusesNull: false, Default: null);
        }

        if (type is INamedTypeSymbol { ContainingType: null } named && named.ContainingNamespace.ToDisplayString() == "Channels.SocketIO")
        {
            if (named.Name == "Acknowledgement")
            {
                return new(EventParameterKind.Acknowledgement, "", RefusesNull: false, Default: null);
            }

            if (named.Name == "SocketIOArguments")
            {
                return new(EventParameterKind.Arguments, "", RefusesNull: false, Default: null);
            }
        }

        var isReference = type.IsReferenceType && type.NullableAnnotation != NullableAnnotation.Annotated;
        return new(EventParameterKind.Argument, type.ToDisplayString(FullName), isReference, DefaultOf(parameter));
    }

    private static string? DefaultOf(IParameterSymbol parameter)
    {
        var type = parameter.Type;
        if (parameter.HasExplicitDefaultValue && parameter.ExplicitDefaultValue is { } value)
        {
            var text = SymbolDisplay.FormatPrimitive(value, quoteStrings: true, useHexadecimalNumbers: false);
            return $"({type.ToDisplayString(FullName)})({text})";
        }

        return parameter.HasExplicitDefaultValue || type.NullableAnnotation == NullableAnnotation.Annotated ? "default" : null;
    }

    private static void CheckOrder(IMethodSymbol method, EventParameter[] parameters, EventReturn returns, List<Problem> problems)
    {
        var wrong = parameters.Any(p => p.Kind == EventParameterKind.Arguments) && parameters.Any(p => p.Kind == EventParameterKind.Argument) ? "it takes all arguments at once and single ones besides; take the one or the other"
            : parameters.GroupBy(p => p.Kind).Any(kind => kind.Key != EventParameterKind.Argument && kind.Count() > 1) ? "it takes one thing twice"
            : !parameters.Select(p => p.Kind).SequenceEqual(parameters.Select(p => p.Kind).OrderBy(kind => kind)) ? "the event's arguments come first, then the Acknowledgement, then the CancellationToken"
            : parameters.Any(p => p.Kind == EventParameterKind.Acknowledgement) && returns > EventReturn.ValueTask ? "it takes an Acknowledgement and returns a result, which is one too; keep the one or the other"
            : null;
        if (wrong is not null)
        {
            problems.Add(Problem.At(method, EventProblems.WrongParameters, method.Name, wrong));
        }
    }

    private static string Escaped(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
}
