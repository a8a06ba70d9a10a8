using System.Buffers;

namespace Channels.Layers.Redis;

/// <summary>
/// JSON text as Python's <c>json</c> module writes it: <c>", "</c> and <c>": "</c> as separators, everything outside
/// ASCII escaped, the words NaN, Infinity and -Infinity. Bytes cannot travel in it.
/// </summary>
public sealed class JsonMessageSerializer : IMessageSerializer
{
    /// <inheritdoc/>
    public string Format => "json";

    /// <inheritdoc/>
    public void Serialize(MessageMap message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(output);
        JsonWireWriter.Write(output, message);
    }

    /// <inheritdoc/>
    public MessageMap Deserialize(ReadOnlySpan<byte> body)
    {
        var value = JsonWireReader.ReadSingle(StrictText.Decode(body));
        return value.Kind == MessageValueKind.Map
            ? value.GetMap()
            : throw new FormatException($"The body is a {value.Kind}, not an object.");
    }
}
