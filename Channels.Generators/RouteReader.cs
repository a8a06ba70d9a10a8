using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Generators;

/// <summary>From a marked method and the methods that its attribute names to the model of a route, or to what is wrong with it.</summary>
internal sealed class RouteReader
{
    private readonly INamedTypeSymbol _router;
    private readonly IMethodSymbol _handler;
    private readonly AttributeData _attribute;
    private readonly List<Problem> _problems;
    private ITypeSymbol? _payload;
    private ITypeSymbol? _hydrated;

    private RouteReader(INamedTypeSymbol router, IMethodSymbol handler, AttributeData attribute, List<Problem> problems) =>
        (_router, _handler, _attribute, _problems) = (router, handler, attribute, problems);

    public static RouteModel? Read(INamedTypeSymbol router, IMethodSymbol handler, AttributeData attribute, List<Problem> problems)
    {
        var before = problems.Count;
        var route = new RouteReader(router, handler, attribute, problems).Read();
        return problems.Count == before ? route : null;
    }

    private RouteModel? Read()
    {
        var (dataCheck, accessCheck, hydrate, dehydrate) = (Find("DataCheck"), Find("AccessCheck"), Find("Hydrate"), Find("Dehydrate"));
        if (hydrate is not null && ResultOf(hydrate) is var (found, _))
        {
            _hydrated = found;
            if (found is null)
            {
                _problems.Add(Problem.At(hydrate, Problems.WrongStage, hydrate.Name, "it returns nothing", "hydrate returns what it finds"));
            }
        }

        var check = dataCheck is null ? null : ReadCheck(dataCheck, mayNameFields: true);
        var access = accessCheck is null ? null : ReadCheck(accessCheck, mayNameFields: false);
        var find = hydrate is null ? null : ReadStage(hydrate, isHandler: false);
        var handler = ReadStage(_handler, isHandler: true);
        var (kind, result) = ReadReply();
        var view = dehydrate is null ? null : ReadDehydrate(dehydrate, kind, result);
        if (_handler.IsGenericMethod || (_handler.ReturnsVoid && _handler.IsAsync))
        {
            _problems.Add(Problem.At(_handler, Problems.WrongStage, _handler.Name, _handler.IsGenericMethod ? "it is generic" : "it is async void", "a handler is an ordinary method whose end can be seen"));
        }

        if (check is null && dataCheck is not null || access is null && accessCheck is not null || find is null && hydrate is not null || handler is null || view is null && dehydrate is not null)
        {
            return null;
        }

        return new(
            GivenName() ?? NameOf(_handler.Name), Named("Parallel") is true, Named("TimeoutMs") as int? ?? 0,
            _payload is null ? "" : Full(_payload), _payload is { IsValueType: true } or { NullableAnnotation: NullableAnnotation.Annotated },
            check, access, find, handler with { Result = result is null ? "" : Full(result) }, kind, view);
    }

    private string? GivenName() => _attribute.ConstructorArguments.FirstOrDefault().Value as string;

    private object? Named(string name) => _attribute.NamedArguments.FirstOrDefault(argument => argument.Key == name).Value.Value;

    private static string NameOf(string method)
    {
        var name = method.StartsWith("On", StringComparison.Ordinal) ? method.Substring(2) : method;
        name = name.EndsWith("Async", StringComparison.Ordinal) ? name.Substring(0, name.Length - "Async".Length) : name;
        return name.Length == 0 ? "" : char.ToLowerInvariant(name[0]) + name.Substring(1);
    }

    private IMethodSymbol? Find(string stage)
    {
        if (Named(stage) is not string name)
        {
            return null;
        }

        var found = KnownTypes.Bases(_router).SelectMany(type => type.GetMembers(name)).OfType<IMethodSymbol>().Where(method => !method.IsOverride).ToArray();
        if (found.Length == 1 && !found[0].IsGenericMethod)
        {
            return found[0];
        }

        _problems.Add(Problem.At(_handler, Problems.UnknownStage, _handler.Name, name, stage, found.Length switch
        {
            0 => "there is no such method in the class",
            1 => "it is generic",
            _ => "there are several of this name",
        }));
        return null;
    }

    private StageModel? ReadCheck(IMethodSymbol method, bool mayNameFields)
    {
        var (result, _) = ResultOf(method);
        var namesFields = mayNameFields && result is not null && KnownTypes.IsFieldErrors(result);
        if (result?.SpecialType != SpecialType.System_Boolean && !namesFields)
        {
            _problems.Add(Problem.At(method, Problems.WrongStage, method.Name, $"it returns '{method.ReturnType.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}'",
                $"a check returns bool, or a Task or ValueTask of it{(mayNameFields ? "; a data check may return the wrong fields as IReadOnlyDictionary<string, string>?" : "")}"));
            return null;
        }

        return ReadStage(method, isHandler: false) is { } stage ? stage with { NamesFields = namesFields } : null;
    }

    private StageModel? ReadDehydrate(IMethodSymbol method, ReplyKind kind, ITypeSymbol? payload)
    {
        var (result, isAwaited) = ResultOf(method);
        var takesIt = method.Parameters.Length > 0 && payload is not null && SymbolEqualityComparer.Default.Equals(method.Parameters[0].Type, payload);
        if (kind is not (ReplyKind.Payload or ReplyKind.ReplyWithPayload) || !takesIt || result is null)
        {
            _problems.Add(Problem.At(method, Problems.WrongStage, method.Name,
                kind is ReplyKind.Payload or ReplyKind.ReplyWithPayload ? result is null ? "it returns nothing" : $"its first parameter is not the payload of '{_handler.Name}'" : $"'{_handler.Name}' returns no payload",
                "dehydrate takes the handler's payload and returns what clients see"));
            return null;
        }

        var arguments = new List<string> { "reply.Payload" };
        foreach (var parameter in method.Parameters.Skip(1))
        {
            arguments.Add(Known(parameter) ?? Unknown(method, parameter, "behind the payload a SocketRequest and a CancellationToken"));
        }

        return new(method.Name, Call(method, arguments), isAwaited, Full(result));
    }

    private StageModel? ReadStage(IMethodSymbol method, bool isHandler)
    {
        var before = _problems.Count;
        var arguments = new List<string>();
        foreach (var parameter in method.Parameters)
        {
            arguments.Add(Known(parameter)
                ?? (parameter.RefKind != RefKind.None ? Unknown(method, parameter, "nothing by reference") : null)
                ?? (isHandler && _hydrated is not null && SymbolEqualityComparer.Default.Equals(parameter.Type, _hydrated) ? "hydrated" : null)
                ?? Payload(method, parameter));
        }

        var (result, isAwaited) = ResultOf(method);
        return _problems.Count > before ? null : new(method.Name, Call(method, arguments), isAwaited, result is null ? "" : Full(result));
    }

    private static string? Known(IParameterSymbol parameter) => KnownTypes.IsOfRouter(parameter.Type, "SocketRequest") ? "request"
        : KnownTypes.IsCancellationToken(parameter.Type) ? "request.Aborted" : null;

    private string Payload(IMethodSymbol method, IParameterSymbol parameter)
    {
        if (_payload is not null && !SymbolEqualityComparer.Default.Equals(_payload, parameter.Type))
        {
            return Unknown(method, parameter, $"one payload, which is '{_payload.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}' in another stage of the route, what hydrate finds, a SocketRequest and a CancellationToken");
        }

        _payload = _payload is { NullableAnnotation: not NullableAnnotation.Annotated } ? _payload : parameter.Type; // null fits only where all stages take it
        return "payload";
    }

    private string Unknown(IMethodSymbol method, IParameterSymbol parameter, string allowed)
    {
        _problems.Add(Problem.At(method, Problems.WrongStage, method.Name, $"it takes '{parameter.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)} {parameter.Name}'", $"this stage takes {allowed}"));
        return "";
    }

    private (ReplyKind Kind, ITypeSymbol? Payload) ReadReply()
    {
        var (result, _) = ResultOf(_handler);
        return result switch
        {
            null => (ReplyKind.None, null),
            INamedTypeSymbol { TypeArguments.Length: 1 } reply when KnownTypes.IsOfRouter(reply, "SocketReply") => (ReplyKind.ReplyWithPayload, reply.TypeArguments[0]),
            _ when KnownTypes.IsOfRouter(result, "SocketReply") => (ReplyKind.Reply, null),
            INamedTypeSymbol items when KnownTypes.IsAsyncEnumerable(items) => (ReplyKind.Items, items.TypeArguments[0]),
            _ => (ReplyKind.Payload, result),
        };
    }

    private static (ITypeSymbol? Result, bool IsAwaited) ResultOf(IMethodSymbol method) => method.ReturnsVoid ? (null, false)
        : KnownTypes.IsTask(method.ReturnType) || KnownTypes.IsValueTask(method.ReturnType) ? (null, true)
        : KnownTypes.TaskResult(method.ReturnType) is { } result ? (result, true)
        : (method.ReturnType, false);

    private static string Call(IMethodSymbol method, List<string> arguments) =>
        $"{(method.IsStatic ? method.ContainingType.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) : "consumer")}.{Escaped(method.Name)}({string.Join(", ", arguments)})";

    private static string Full(ITypeSymbol type) => type.WithNullableAnnotation(type.IsValueType ? type.NullableAnnotation : NullableAnnotation.NotAnnotated).ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    private static string Escaped(string name) => SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None ? "@" + name : name;
}
