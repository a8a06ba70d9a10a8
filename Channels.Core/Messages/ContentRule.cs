using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// How records of one contract are checked when they become messages. Flat ones, the usual case, only have their texts
/// and numbers looked at; for all others, and for what is refused, the map is made that layers would make later.
/// </summary>
internal sealed class ContentRule
{
    private static readonly HashSet<Type> AlwaysFit =
    [
        typeof(bool), typeof(byte), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong),
        typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
        typeof(byte[]), typeof(ReadOnlyMemory<byte>), typeof(Memory<byte>),
    ];

    private readonly Func<object, object?>[]? _values;

    private ContentRule(Func<object, object?>[]? values) => _values = values;

    public static ContentRule Of(JsonTypeInfo contract)
    {
        if (contract.Kind != JsonTypeInfoKind.Object || contract.PolymorphismOptions is not null)
        {
            return new(values: null);
        }

        var values = new List<Func<object, object?>>();
        foreach (var property in contract.Properties)
        {
            if (property.Get is not { } get)
            {
                continue; // never written
            }

            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (MessageContent.FindNameProblem(property.Name) is not null || !IsPlain(property, contract, type))
            {
                return new(values: null);
            }

            if (type == typeof(string) || type == typeof(decimal) || type == typeof(double) || type == typeof(float))
            {
                values.Add(get);
            }
            else if (!type.IsEnum && !AlwaysFit.Contains(type))
            {
                return new(values: null);
            }
        }

        return new([.. values]);
    }

    /// <summary>Checks a record; gives its map when it had to be made.</summary>
    /// <exception cref="ArgumentException">No layer could carry the record; the message names the property.</exception>
    public MessageMap? Check(object body, JsonTypeInfo contract)
    {
        if (_values is not null && Fits(body, _values))
        {
            return null;
        }

        try
        {
            return MessageBinder.ToMap(body, contract).Freeze();
        }
        catch (Exception error) when (error is FormatException or JsonException or NotSupportedException)
        {
            throw new ArgumentException($"{contract.Type.Name} cannot be sent: {error.Message}", nameof(body), error);
        }
    }

    private static bool Fits(object body, Func<object, object?>[] values)
    {
        foreach (var get in values)
        {
            if (!(get(body) switch
            {
                string text => StrictUtf8.IsWellFormed(text),
                decimal number => MessageJsonReader.FitsDouble(number),
                double number => double.IsFinite(number),
                float number => float.IsFinite(number),
                _ => true,
            }))
            {
                return false; // or only perhaps not: the map tells
            }
        }

        return true;
    }

    // Written as its type alone says: nothing of the application's has a hand in it.
    private static bool IsPlain(JsonPropertyInfo property, JsonTypeInfo contract, Type type)
    {
        var numbers = property.NumberHandling ?? contract.NumberHandling ?? contract.Options.NumberHandling;
        return property.CustomConverter is null && !property.IsExtensionData
            && (numbers & ~JsonNumberHandling.AllowReadingFromString) == 0
            && (type.IsEnum || !contract.Options.Converters.Any(converter => converter.CanConvert(type)));
    }
}
