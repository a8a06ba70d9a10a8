using System.Buffers;

namespace Channels.Layers.Redis;

/// <summary>
/// JSON text as Python's <c>json</c> module writes it: <c>", "</c> and <c>": "</c> as separators, everything outside
/// ASCII escaped, the words NaN, Infinity and -Infinity. Bytes cannot travel in it.
/// </summary>
public sealed class JsonMessageSerializer : IMessageSerializer, IWireEntriesSerializer
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

    string IWireEntriesSerializer.Lua => WireLua.Json;

    void IWireEntriesSerializer.Serialize(WireEntries entries, IBufferWriter<byte> output) => JsonWireWriter.Write(output, entries);

    /// <inheritdoc/>
    public MessageMap Deserialize(ReadOnlySpan<byte> body) => JsonWireReader.ReadMap(StrictText.Decode(body));
}
