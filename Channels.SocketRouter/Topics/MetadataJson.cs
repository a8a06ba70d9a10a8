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

    public static void Write(Utf8JsonWriter writer, MessageValue value)
    {
        switch (value.Kind)
        {
            case MessageValueKind.Boolean:
                writer.WriteBooleanValue(value.GetBoolean());
                break;
            case MessageValueKind.Integer when value.IsUnsigned:
                writer.WriteNumberValue(value.GetUInt64());
                break;
            case MessageValueKind.Integer:
                writer.WriteNumberValue(value.GetInt64());
                break;
            case MessageValueKind.Double when double.IsFinite(value.GetDouble()):
                writer.WriteNumberValue(value.GetDouble());
                break;
            case MessageValueKind.Text:
                writer.WriteStringValue(value.GetText());
                break;
            case MessageValueKind.List:
                writer.WriteStartArray();
                foreach (var item in value.GetList())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case MessageValueKind.Map:
                writer.WriteStartObject();
                foreach (var (name, member) in value.GetMap())
                {
                    writer.WritePropertyName(name);
                    Write(writer, member);
                }

                writer.WriteEndObject();
                break;
            default:
                writer.WriteNullValue(); // null, and what only other processes could have written
                break;
        }
    }

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
