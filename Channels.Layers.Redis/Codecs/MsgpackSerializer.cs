using System.Buffers;

namespace Channels.Layers.Redis;

/// <summary>MessagePack as Python's channels_redis writes it: the smallest form of everything, text keys only.</summary>
public sealed class MsgpackSerializer : IMessageSerializer, IWireEntriesSerializer
{
    /// <inheritdoc/>
    public string Format => "msgpack";

    /// <inheritdoc/>
    public void Serialize(MessageMap message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(output);
        MsgpackWriter.WriteEntries(output, message);
    }

    string IWireEntriesSerializer.Lua => WireLua.Msgpack;

    void IWireEntriesSerializer.Serialize(WireEntries entries, IBufferWriter<byte> output) => MsgpackWriter.WriteEntries(output, entries);

    /// <inheritdoc/>
    public MessageMap Deserialize(ReadOnlySpan<byte> body) => MsgpackReader.ReadMap(body);
}
