using System.Text.Json;
using System.Text.Json.Nodes;

namespace Channels.SocketRouter;

/// <summary>JSON schemas as types of TypeScript.</summary>
internal static class TypeScriptTypes
{
    private const string Named = "#/components/schemas/";

    /// <summary>The type, on one line.</summary>
    public static string Of(JsonNode? schema)
    {
        if (schema is not JsonObject shape)
        {
            return "unknown"; // true: anything
        }

        if (shape["$ref"]?.GetValue<string>() is { } reference)
        {
            return reference.StartsWith(Named, StringComparison.Ordinal) && !reference[Named.Length..].Contains('/', StringComparison.Ordinal) ? reference[Named.Length..] : "unknown";
        }

        if (shape["anyOf"] is JsonArray choices)
        {
            // What stands beside the choices holds for each of them, such as the properties of a base.
            return string.Join(" | ", choices.Select(choice => Choice(shape, choice)));
        }

        if (shape["const"] is { } only)
        {
            return only.ToJsonString();
        }

        if (shape["enum"] is JsonArray values)
        {
            return string.Join(" | ", values.Select(value => value?.ToJsonString() ?? "null"));
        }

        return shape["type"] switch
        {
            JsonArray types => string.Join(" | ", Names(types, shape).Select(type => Single(type, shape)).Distinct()),
            JsonValue type => Single(type.GetValue<string>(), shape),
            _ when shape.ContainsKey("properties") => Object(shape),
            _ => "unknown",
        };
    }

    /// <summary>The members of an object, each with its semicolon. What tells the variants of a base apart is always there.</summary>
    public static IEnumerable<string> Members(JsonObject shape)
    {
        var required = (shape["required"] as JsonArray)?.Select(name => name!.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? [];
        foreach (var (name, member) in shape["properties"] as JsonObject ?? [])
        {
            yield return $"{Key(name)}{(required.Contains(name) || member is JsonObject { Count: 1 } only && only.ContainsKey("const") ? "" : "?")}: {Of(member)};";
        }
    }

    /// <summary>A name as a key of an object.</summary>
    public static string Key(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '$') ? name : Text(name);

    public static string Text(string text) => $"\"{JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    // Where numbers may be read from texts, too, they are written as numbers.
    private static IEnumerable<string> Names(JsonArray types, JsonObject shape)
    {
        string[] names = [.. types.Select(type => type!.GetValue<string>())]; // names of types are texts
        return shape.ContainsKey("pattern") && (names.Contains("integer") || names.Contains("number")) ? names.Where(name => name != "string") : names;
    }

    private static string Choice(JsonObject shape, JsonNode? choice)
    {
        if (choice is JsonObject variant && shape["properties"] is JsonObject common && variant["properties"] is JsonObject own)
        {
            var joined = (JsonObject)variant.DeepClone();
            foreach (var (name, member) in common)
            {
                if (!own.ContainsKey(name))
                {
                    ((JsonObject)joined["properties"]!)[name] = member?.DeepClone(); // it is a copy of what was there
                }
            }

            return Of(joined);
        }

        return Of(choice);
    }

    private static string Single(string type, JsonObject shape) => type switch
    {
        "integer" or "number" => "number",
        "array" => Array(Of(shape["items"])),
        "object" when shape.ContainsKey("properties") => Object(shape),
        "object" => $"Record<string, {Of(shape["additionalProperties"])}>",
        _ => type, // string, boolean, null
    };

    private static string Array(string item) => item.Contains(' ', StringComparison.Ordinal) ? $"({item})[]" : $"{item}[]";

    private static string Object(JsonObject shape) => string.Join(' ', Members(shape)) is { Length: > 0 } members ? $"{{ {members} }}" : "Record<string, never>";
}
