using System.Text.Json;

namespace Channels.Kestrel;

/// <summary>Reads a message's content from JSON text on the command line.</summary>
internal static class JsonMap
{
    /// <exception cref="JsonException">The text is no JSON object.</exception>
    public static MessageMap Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? Map(document.RootElement)
            : throw new JsonException($"The content must be a JSON object such as {{\"text\":\"hi\"}}, not {document.RootElement.ValueKind}.");
    }

    private static MessageMap Map(JsonElement element)
    {
        var map = new MessageMap();
        foreach (var property in element.EnumerateObject())
        {
            map[property.Name] = Value(property.Value);
        }

        return map;
    }

    private static MessageValue Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Object => Map(element),
        JsonValueKind.Array => MessageValue.FromList(element.EnumerateArray().Select(Value)),
        JsonValueKind.Number => element.TryGetInt64(out var integer) ? integer : element.TryGetUInt64(out var large) ? MessageValue.FromUInt64(large) : element.GetDouble(),
        _ => MessageValue.Null,
    };
}
