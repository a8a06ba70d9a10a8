using System.Text.Json;

namespace Channels.SocketRouter;

/// <summary>What clients tell of themselves, to the layer and back: only what JSON knows.</summary>
internal static class MetadataJson
{
    /// <summary>An object as a map.</summary>
    /// <exception cref="ArgumentException">The layer could not carry it.</exception>
    public static MessageMap ToMap(JsonElement json)
    {
        var map = new MessageMap();
        foreach (var member in json.EnumerateObject())
        {
            map[member.Name] = ToValue(member.Value);
        }

        return map;
    }

    /// <summary>Writes them; null stands for what only other processes could have written.</summary>
    public static void Write(Utf8JsonWriter writer, MessageValue value) => MessageValueJson.Write(writer, value, static (json, _) => json.WriteNullValue());

    private static MessageValue ToValue(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.True or JsonValueKind.False => json.GetBoolean(),
        JsonValueKind.Number => json.TryGetInt64(out var whole) ? whole : json.GetDouble(),
        JsonValueKind.Array => MessageValue.FromList(json.EnumerateArray().Select(ToValue)),
        JsonValueKind.Object => ToMap(json),
        _ => MessageValue.Null,
    };
}
