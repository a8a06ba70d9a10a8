using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>From the symbols of a socket router class to its model.</summary>
internal static class RouterReader
{
    private const string RouteAttribute = "SocketRouteAttribute";

    /// <summary>The model of the class around a marked method; null unless it is the first of the class.</summary>
    public static RouterModel? Read(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        if (context.TargetSymbol is not IMethodSymbol { MethodKind: MethodKind.Ordinary } method)
        {
            return null;
        }

        var router = method.ContainingType;
        if (!SymbolEqualityComparer.Default.Equals(Marked(router).FirstOrDefault(), method.PartialDefinitionPart ?? method))
        {
            return null;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var problems = new List<Problem>();
        CheckClass(router, problems);
        var inherited = KnownTypes.Bases(router).Skip(1).OfType<INamedTypeSymbol>().SelectMany(Marked).ToArray();
        var own = Marked(router).ToArray();
        var routes = new List<RouteModel>();
        foreach (var handler in inherited.Where(handler => !own.Any(o => SymbolEqualityComparer.Default.Equals(o.OverriddenMethod, handler))).Concat(own))
        {
            if (RouteReader.Read(router, handler, Attribute(handler)!, problems) is { } route)
            {
                routes.Add(route);
            }
        }

        return new(TypePlace.Of(router), router.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat), ContextOf(router), inherited.Length > 0, new([.. routes]), new([.. problems]));
    }

    private static IEnumerable<IMethodSymbol> Marked(INamedTypeSymbol type) =>
        type.GetMembers().OfType<IMethodSymbol>().Where(m => m.MethodKind == MethodKind.Ordinary && Attribute(m) is not null);

    private static AttributeData? Attribute(IMethodSymbol method) => method.GetAttributes().Concat(method.PartialImplementationPart?.GetAttributes() ?? [])
        .FirstOrDefault(a => a.AttributeClass is { } known && KnownTypes.IsOfRouter(known, RouteAttribute));

    private static string ContextOf(INamedTypeSymbol router)
    {
        var attribute = KnownTypes.Bases(router).SelectMany(type => type.GetAttributes())
            .FirstOrDefault(a => a.AttributeClass is { } known && KnownTypes.IsOfRouter(known, "SocketRouterAttribute"));
        return attribute?.ConstructorArguments.FirstOrDefault().Value is INamedTypeSymbol context ? context.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) : "";
    }

    private static void CheckClass(INamedTypeSymbol router, List<Problem> problems)
    {
        if (!KnownTypes.Bases(router).Any(type => KnownTypes.IsOfRouter(type, "SocketRouterConsumer")))
        {
            problems.Add(Problem.At(router, Problems.NotRouter, router.Name));
            return;
        }

        for (var type = router; type is not null; type = type.ContainingType)
        {
            if (type.IsGenericType || type.IsFileLocal)
            {
                problems.Add(Problem.At(type, Problems.UnfitRouter, router.Name, $"'{type.Name}' is {(type.IsGenericType ? "generic" : "local to its file")}"));
            }
            else if (!TypePlace.IsPartial(type))
            {
                problems.Add(Problem.At(type, Problems.RouterNotPartial, type.Name, router.Name));
            }
        }
    }
}
