using System.Buffers;
using System.Globalization;
using System.Text;

namespace Channels.Layers.Redis;

/// <summary>Writes message values as the JSON text that Python's <c>json.dumps</c> makes.</summary>
internal static class JsonWireWriter
{
    public const int MaxDepth = MsgpackWriter.MaxDepth;

    public static void Write(IBufferWriter<byte> output, IEnumerable<KeyValuePair<string, MessageValue>> map)
    {
        var text = new StringBuilder();
        WriteMap(text, map, 1);
        foreach (var chunk in text.GetChunks())
        {
            Encoding.ASCII.GetBytes(chunk.Span, output); // nothing outside ASCII was written
        }
    }

    private static void WriteValue(StringBuilder text, in MessageValue value, int depth)
    {
        switch (value.Kind)
        {
            case MessageValueKind.Boolean:
                text.Append(value.GetBoolean() ? "true" : "false");
                break;
            case MessageValueKind.Integer when value.IsUnsigned:
                text.Append(CultureInfo.InvariantCulture, $"{value.GetUInt64()}");
                break;
            case MessageValueKind.Integer:
                text.Append(CultureInfo.InvariantCulture, $"{value.GetInt64()}");
                break;
            case MessageValueKind.Double:
                text.Append(PythonDouble.Format(value.GetDouble()));
                break;
            case MessageValueKind.Text:
                WriteText(text, value.GetText());
                break;
            case MessageValueKind.List:
                WriteList(text, value.GetList(), depth);
                break;
            case MessageValueKind.Map:
                WriteMap(text, value.GetMap(), depth);
                break;
            case MessageValueKind.Bytes:
                throw new ArgumentException("The message holds bytes, which the json serializer cannot carry; use SerializerFormat msgpack, or send them as base64 text.");
            default:
                text.Append("null");
                break;
        }
    }

    private static void WriteList(StringBuilder text, IReadOnlyList<MessageValue> items, int depth)
    {
        ThrowIfTooDeep(depth);
        text.Append('[');
        for (var i = 0; i < items.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            WriteValue(text, items[i], depth + 1);
        }

        text.Append(']');
    }

    private static void WriteMap(StringBuilder text, IEnumerable<KeyValuePair<string, MessageValue>> map, int depth)
    {
        ThrowIfTooDeep(depth);
        text.Append('{');
        var separator = "";
        foreach (var (key, value) in map)
        {
            text.Append(separator);
            WriteText(text, key);
            text.Append(": ");
            WriteValue(text, value, depth + 1);
            separator = ", ";
        }

        text.Append('}');
    }

    private static void WriteText(StringBuilder text, string value)
    {
        StrictText.ByteCount(value); // refuses half surrogate pairs
        text.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or > '~' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => text.Append(character),
            };
        }

        text.Append('"');
    }

    private static void ThrowIfTooDeep(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ArgumentException($"The message nests more than {MaxDepth} lists and maps in each other. Flatten it.");
        }
    }
}
