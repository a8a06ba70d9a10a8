using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>What a contract says about the place of one value: its type, and those of what lies below it.</summary>
/// <param name="Type">The declared type; null when the contract does not know.</param>
/// <param name="Options">Where contracts of nested types are found.</param>
/// <param name="Numbers">How the property itself has numbers written; null when it does not say.</param>
internal readonly record struct MessageShape(Type? Type, JsonSerializerOptions? Options, JsonNumberHandling? Numbers = null)
{
    public static MessageShape Of(JsonTypeInfo contract) => new(contract.Type, contract.Options);

    /// <summary>True where bytes are expected.</summary>
    public bool IsBytes => Plain is { } type && (type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>) || type == typeof(Memory<byte>));

    /// <summary>True where text is expected, and nothing else will do.</summary>
    public bool IsText => Type == typeof(string);

    /// <summary>True where a binary floating-point number is expected.</summary>
    public bool IsDouble => Plain is { } type && (type == typeof(double) || type == typeof(float) || type == typeof(Half));

    /// <summary>True where a decimal number is expected, which the wire knows only as a double.</summary>
    public bool IsDecimal => Plain == typeof(decimal);

    /// <summary>True when NaN and the infinities may stand as text.</summary>
    public bool AllowsNamedNumbers => (Numbers ?? Options?.NumberHandling)?.HasFlag(JsonNumberHandling.AllowNamedFloatingPointLiterals) == true;

    private Type? Plain => Type is null ? null : Nullable.GetUnderlyingType(Type) ?? Type;

    /// <summary>The contract that describes what lies below, or null.</summary>
    public JsonTypeInfo? FindContract() =>
        Type is not null && Options is not null && Options.TryGetTypeInfo(Type, out var contract) ? contract : null;

    /// <summary>The shape of a property or dictionary entry of a value with this contract.</summary>
    public static MessageShape OfEntry(JsonTypeInfo? contract, string name)
    {
        switch (contract?.Kind)
        {
            case JsonTypeInfoKind.Dictionary:
                return new(contract.ElementType, contract.Options);
            case JsonTypeInfoKind.Object:
                var comparison = contract.Options.PropertyNameCaseInsensitive ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
                foreach (var property in contract.Properties)
                {
                    if (!property.IsExtensionData && string.Equals(property.Name, name, comparison))
                    {
                        // A converter of its own may write anything.
                        return property.CustomConverter is null ? new(property.PropertyType, contract.Options, property.NumberHandling ?? contract.NumberHandling) : default;
                    }
                }

                break;
        }

        return default;
    }

    /// <summary>The shape of the items of a list with this contract.</summary>
    public static MessageShape OfItem(JsonTypeInfo? contract) =>
        contract?.Kind == JsonTypeInfoKind.Enumerable ? new(contract.ElementType, contract.Options) : default;
}
