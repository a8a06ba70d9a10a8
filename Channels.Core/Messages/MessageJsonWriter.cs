using System.Text.Json;

namespace Channels;

/// <summary>Writes message values as the JSON that a contract reads.</summary>
internal static class MessageJsonWriter
{
    public static void WriteMap(Utf8JsonWriter json, MessageMap map, MessageShape shape, int depth)
    {
        ThrowIfTooDeep(depth);
        var contract = shape.FindContract();
        json.WriteStartObject();
        foreach (var (name, value) in map)
        {
            try
            {
                json.WritePropertyName(name);
                WriteValue(json, value, MessageShape.OfEntry(contract, name), name, depth);
            }
            catch (ArgumentException error)
            {
                throw new FormatException($"The field '{HeaderText.Escape(name)}' cannot be read: {error.Message}", error); // too long for JSON
            }
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, MessageValue value, MessageShape shape, string name, int depth)
    {
        switch (value.Kind)
        {
            case MessageValueKind.Bytes when shape.IsText:
                throw new FormatException($"The field '{HeaderText.Escape(name)}' holds bytes, but text is expected.");
            case MessageValueKind.Bytes:
                json.WriteBase64StringValue(value.GetBytes().Span);
                break;
            case MessageValueKind.List:
                WriteList(json, value, shape, name, depth + 1);
                break;
            case MessageValueKind.Map:
                WriteMap(json, value.GetMap(), shape, depth + 1);
                break;
            case MessageValueKind.Double when !double.IsFinite(value.GetDouble()):
                WriteNamedNumber(json, value.GetDouble(), shape, name);
                break;
            default:
                MessageValueJson.TryWriteScalar(json, value);
                break;
        }
    }

    private static void WriteList(Utf8JsonWriter json, MessageValue list, MessageShape shape, string name, int depth)
    {
        ThrowIfTooDeep(depth);
        var item = MessageShape.OfItem(shape.FindContract());
        json.WriteStartArray();
        foreach (var value in list.GetList())
        {
            WriteValue(json, value, item, name, depth);
        }

        json.WriteEndArray();
    }

    private static void WriteNamedNumber(Utf8JsonWriter json, double value, MessageShape shape, string name)
    {
        if (!shape.AllowsNamedNumbers)
        {
            throw new FormatException($"The field '{HeaderText.Escape(name)}' holds no finite number; a contract takes such ones only with AllowNamedFloatingPointLiterals.");
        }

        json.WriteStringValue(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }

    private static void ThrowIfTooDeep(int depth)
    {
        if (depth > MessageBinder.MaxDepth)
        {
            throw new FormatException($"The message is nested deeper than {MessageBinder.MaxDepth} levels.");
        }
    }
}
