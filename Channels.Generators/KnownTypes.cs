using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>Recognises the types of Channels.Core and of the base library by name; the generator does not reference Core.</summary>
internal static class KnownTypes
{
    private const string Core = "Channels";
    private const string Collections = "System.Collections.Generic";
    private const string Json = "System.Text.Json.Serialization";
    private const string Tasks = "System.Threading.Tasks";

    public static bool IsConsumer(ITypeSymbol type) => Bases(type).Any(t => Is(t, Core, "Consumer"));

    public static bool IsChannelMessage(ITypeSymbol type) => Is(type, Core, "ChannelMessage");

    public static bool IsMessageMap(ITypeSymbol type) => Is(type, Core, "MessageMap");

    /// <summary>An event that an application declared: Core's own belong to the protocols.</summary>
    public static bool IsOwnEvent(ITypeSymbol type) => IsEvent(type) && !IsCoreEvent(type);

    public static bool IsEvent(ITypeSymbol type) => type.TypeKind == TypeKind.Class && Bases(type).Any(t => Is(t, Core, "Event"));

    /// <summary>The record's <c>[Message]</c>, or null. Its members are another generator's, so this one sees only the attribute.</summary>
    public static AttributeData? MessageAttribute(ITypeSymbol type) =>
        type.GetAttributes().FirstOrDefault(a => a.AttributeClass is { } known && Is(known, Core, "MessageAttribute"));

    /// <summary>The records with <c>[Message]</c> that a type names as derived from it by <c>[JsonDerivedType]</c>.</summary>
    public static IEnumerable<INamedTypeSymbol> MessagesOf(ITypeSymbol family) => family.GetAttributes()
        .Select(attribute => DerivedType(attribute)).OfType<INamedTypeSymbol>().Where(derived => MessageAttribute(derived) is not null);

    public static bool IsJsonContext(ITypeSymbol type) => Bases(type).Any(t => Is(t, Json, "JsonSerializerContext"));

    /// <summary>Where a context says that it has a contract for a type.</summary>
    public static bool IsJsonSerializable(AttributeData attribute, ITypeSymbol type) =>
        SymbolEqualityComparer.Default.Equals(SerializableType(attribute), type);

    /// <summary>Where a context says that it has a contract for a base that names the type as derived: that of the type comes with it.</summary>
    public static bool IsJsonSerializableBase(AttributeData attribute, ITypeSymbol type) =>
        SerializableType(attribute) is { } family && family.GetAttributes().Any(derived => SymbolEqualityComparer.Default.Equals(DerivedType(derived), type));

    /// <summary>The name a JSON attribute gives a property, or the property's own; null when the property is left out.</summary>
    public static string? JsonName(IPropertySymbol property)
    {
        string? name = property.Name;
        foreach (var attribute in property.GetAttributes())
        {
            if (attribute.AttributeClass is { } ignore && Is(ignore, Json, "JsonIgnoreAttribute") && attribute.NamedArguments.All(a => a.Key != "Condition"))
            {
                return null;
            }

            if (attribute.AttributeClass is { } known && Is(known, Json, "JsonPropertyNameAttribute"))
            {
                name = attribute.ConstructorArguments[0].Value as string;
            }
        }

        return name;
    }

    /// <summary>The type and its bases, the type first.</summary>
    public static IEnumerable<ITypeSymbol> Bases(ITypeSymbol type)
    {
        for (ITypeSymbol? current = type; current is not null; current = current.BaseType)
        {
            yield return current;
        }
    }

    /// <summary>True for a record with <c>[Message]</c>, and for one that implements the interface by hand.</summary>
    public static bool IsTypedMessage(ITypeSymbol type) => MessageAttribute(type) is not null || ImplementsTypedMessage(type);

    public static bool ImplementsTypedMessage(ITypeSymbol type)
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

    /// <summary>What a <c>Task&lt;T&gt;</c> or <c>ValueTask&lt;T&gt;</c> gives; null for any other type.</summary>
    public static ITypeSymbol? TaskResult(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeArguments.Length: 1 } task && (Is(type, Tasks, "Task", arity: 1) || Is(type, Tasks, "ValueTask", arity: 1)) ? task.TypeArguments[0] : null;

    /// <summary>A type of the socket router's own, whatever its type parameters.</summary>
    public static bool IsOfRouter(ITypeSymbol type, string name) =>
        type is INamedTypeSymbol { ContainingType: null } named && named.Name == name && named.ContainingNamespace.ToDisplayString() == Core + ".SocketRouter";

    public static bool IsAsyncEnumerable(ITypeSymbol type) => Is(type, Collections, "IAsyncEnumerable", arity: 1);

    /// <summary>Fields with what is wrong about them.</summary>
    public static bool IsFieldErrors(ITypeSymbol type) => Is(type, Collections, "IReadOnlyDictionary", arity: 2)
        && ((INamedTypeSymbol)type).TypeArguments.All(argument => argument.SpecialType == SpecialType.System_String);

    public static int Depth(ITypeSymbol type) => Bases(type).Count();

    private static ITypeSymbol? SerializableType(AttributeData attribute) =>
        attribute.AttributeClass is { } known && Is(known, Json, "JsonSerializableAttribute") && attribute.ConstructorArguments.Length == 1
            ? attribute.ConstructorArguments[0].Value as ITypeSymbol : null;

    private static ITypeSymbol? DerivedType(AttributeData attribute) =>
        attribute.AttributeClass is { } known && Is(known, Json, "JsonDerivedTypeAttribute") && attribute.ConstructorArguments.Length > 0
            ? attribute.ConstructorArguments[0].Value as ITypeSymbol : null;

    // Core's events are those declared beside Event itself.
    private static bool IsCoreEvent(ITypeSymbol type) => Bases(type).FirstOrDefault(t => Is(t, Core, "Event")) is { } root
        && SymbolEqualityComparer.Default.Equals(root.ContainingAssembly, type.ContainingAssembly);

    private static bool Is(ITypeSymbol type, string space, string name, int arity = 0) =>
        type is INamedTypeSymbol { ContainingType: null } named && named.Name == name && named.Arity == arity && named.ContainingNamespace.ToDisplayString() == space;
}
