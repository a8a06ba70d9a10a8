using System.Text.Json;

namespace Channels.Extending;

/// <summary>Writes values of layer messages as JSON, for protocols that pass on to their clients what came through a layer.</summary>
public static class MessageValueJson
{
    /// <summary>Writes a value, with all that is in it.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="value">The value.</param>
    /// <param name="other">Writes what JSON has no form for: bytes, and doubles that are not finite.</param>
    public static void Write(Utf8JsonWriter writer, MessageValue value, Action<Utf8JsonWriter, MessageValue> other)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(other);
        switch (value.Kind)
        {
            case MessageValueKind.List:
                writer.WriteStartArray();
                foreach (var item in value.GetList())
                {
                    Write(writer, item, other);
                }

                writer.WriteEndArray();
                break;
            case MessageValueKind.Map:
                writer.WriteStartObject();
                foreach (var (name, item) in value.GetMap())
                {
                    writer.WritePropertyName(name);
                    Write(writer, item, other);
                }

                writer.WriteEndObject();
                break;
            default:
                if (!TryWriteScalar(writer, value))
                {
                    other(writer, value);
                }

                break;
        }
    }

    /// <summary>Writes what is one token of JSON; false for anything else.</summary>
    internal static bool TryWriteScalar(Utf8JsonWriter writer, in MessageValue value)
    {
        switch (value.Kind)
        {
            case MessageValueKind.Null:
                writer.WriteNullValue();
                return true;
            case MessageValueKind.Boolean:
                writer.WriteBooleanValue(value.GetBoolean());
                return true;
            case MessageValueKind.Integer when value.IsUnsigned:
                writer.WriteNumberValue(value.GetUInt64());
                return true;
            case MessageValueKind.Integer:
                writer.WriteNumberValue(value.GetInt64());
                return true;
            case MessageValueKind.Double when double.IsFinite(value.GetDouble()):
                writer.WriteNumberValue(value.GetDouble());
                return true;
            case MessageValueKind.Text:
                writer.WriteStringValue(value.GetText());
                return true;
            default:
                return false;
        }
    }
}
