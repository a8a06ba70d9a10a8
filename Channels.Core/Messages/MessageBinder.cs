using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// Between typed records and maps, through the record's JSON contract: the record is written as JSON and read back as
/// a map, or the other way round. The contract's property types decide what JSON cannot say: bytes travel as bytes
/// instead of base64 text, and doubles stay doubles when they are whole.
/// </summary>
/// <remarks>
/// No reflection: everything comes from the contract and from those of nested types that its options know. A value
/// below a type the contract does not describe (a converter of one's own, <c>object</c>, a derived type) is taken as
/// JSON shows it, so bytes there travel as base64 text; both directions accept that.
/// </remarks>
internal static class MessageBinder
{
    /// <summary>How deep lists and maps may be nested, the message itself included.</summary>
    public const int MaxDepth = 64;

    // The text goes to our own reader only, so nothing has to be escaped for HTML.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = MaxDepth };
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = MaxDepth };

    /// <exception cref="FormatException">The record is not a JSON object, has a property of a name that layers use, or holds a text or number that no wire type can.</exception>
    /// <exception cref="JsonException">The record cannot be serialised, for example because it is too deep.</exception>
    public static MessageMap ToMap(object body, JsonTypeInfo contract)
    {
        using var buffer = new PooledBuffer();
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            Serialize(writer, body, contract);
        }

        var json = new Utf8JsonReader(buffer.Written, Reading);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException($"{contract.Type.Name} is no JSON object, so it cannot be the content of a message; use a record with properties.");
        }

        var map = MessageJsonReader.ReadMap(ref json, contract);
        foreach (var name in map.Keys)
        {
            if (MessageContent.FindNameProblem(name) is { } problem)
            {
                throw new FormatException($"{contract.Type.Name} has a property '{name}', which cannot be sent: {problem}.");
            }
        }

        return map;
    }

    private static void Serialize(Utf8JsonWriter writer, object body, JsonTypeInfo contract)
    {
        try
        {
            JsonSerializer.Serialize(writer, body, contract);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            throw new FormatException($"The property '{FindCulprit(body, contract)}' of {contract.Type.Name} cannot be sent: {error.Message}", error); // not a number, as JSON sees it
        }
    }

    // JSON does not say which value it refuses, so each is tried.
    private static string FindCulprit(object body, JsonTypeInfo contract)
    {
        foreach (var property in contract.Properties)
        {
            using var buffer = new PooledBuffer();
            using var writer = new Utf8JsonWriter(buffer, Writing);
            try
            {
                if (property.Get?.Invoke(body) is { } value && contract.Options.TryGetTypeInfo(property.PropertyType, out var below))
                {
                    JsonSerializer.Serialize(writer, value, below);
                }
            }
            catch (Exception error) when (error is ArgumentException or InvalidOperationException)
            {
                return property.Name;
            }
        }

        return "?";
    }

    /// <exception cref="FormatException">The map holds what JSON or the contract cannot take; the message names the field.</exception>
    /// <exception cref="JsonException">A field does not fit the contract, or a required one is missing; the message names it.</exception>
    public static T FromMap<T>(MessageMap fields, JsonTypeInfo<T> contract)
    {
        using var buffer = new PooledBuffer();
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            MessageJsonWriter.WriteMap(writer, fields, MessageShape.Of(contract), depth: 1);
        }

        return JsonSerializer.Deserialize(buffer.Written, contract)
            ?? throw new FormatException($"The message does not make a {typeof(T).Name}.");
    }
}
