using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>Recognises the types of Channels.Core and of the base library by name; the generator does not reference Core.</summary>
internal static class KnownTypes
{
    private const string Core = "Channels";
    private const string Tasks = "System.Threading.Tasks";

    public static bool IsConsumer(ITypeSymbol type) => Bases(type).Any(t => Is(t, Core, "Consumer"));

    public static bool IsChannelMessage(ITypeSymbol type) => Is(type, Core, "ChannelMessage");

    public static bool IsMessageMap(ITypeSymbol type) => Is(type, Core, "MessageMap");

    /// <summary>An event that an application declared: Core's own belong to the protocols.</summary>
    public static bool IsOwnEvent(ITypeSymbol type) => IsEvent(type) && !IsCoreEvent(type);

    public static bool IsEvent(ITypeSymbol type) => type.TypeKind == TypeKind.Class && Bases(type).Any(t => Is(t, Core, "Event"));

    public static bool IsTypedMessage(ITypeSymbol type)
    {
        IEnumerable<INamedTypeSymbol> interfaces = type is ITypeParameterSymbol parameter
            ? parameter.ConstraintTypes.OfType<INamedTypeSymbol>().SelectMany(c => c.AllInterfaces.Add(c))
            : type.AllInterfaces;
        return interfaces.Any(i => i.TypeArguments.Length == 1 && Is(i.OriginalDefinition, Core, "ITypedMessage", arity: 1)
            && SymbolEqualityComparer.Default.Equals(i.TypeArguments[0], type));
    }

    public static bool IsCancellationToken(ITypeSymbol type) => Is(type, "System.Threading", "CancellationToken");

    public static bool IsTask(ITypeSymbol type) => Is(type, Tasks, "Task");

    public static bool IsValueTask(ITypeSymbol type) => Is(type, Tasks, "ValueTask");

    public static int Depth(ITypeSymbol type) => Bases(type).Count();

    // Core's events are those declared beside Event itself.
    private static bool IsCoreEvent(ITypeSymbol type) => Bases(type).FirstOrDefault(t => Is(t, Core, "Event")) is { } root
        && SymbolEqualityComparer.Default.Equals(root.ContainingAssembly, type.ContainingAssembly);

    private static IEnumerable<ITypeSymbol> Bases(ITypeSymbol type)
    {
        for (ITypeSymbol? current = type; current is not null; current = current.BaseType)
        {
            yield return current;
        }
    }

    private static bool Is(ITypeSymbol type, string space, string name, int arity = 0) =>
        type is INamedTypeSymbol { ContainingType: null } named && named.Name == name && named.Arity == arity && named.ContainingNamespace.ToDisplayString() == space;
}
