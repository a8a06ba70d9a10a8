using System.Buffers;

namespace Channels.Layers.Redis;

/// <summary>MessagePack as Python's channels_redis writes it: the smallest form of everything, text keys only.</summary>
public sealed class MsgpackSerializer : IMessageSerializer
{
    /// <inheritdoc/>
    public string Format => "msgpack";

    /// <inheritdoc/>
    public void Serialize(MessageMap message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(output);
        MsgpackWriter.Write(output, message);
    }

    /// <inheritdoc/>
    public MessageMap Deserialize(ReadOnlySpan<byte> body)
    {
        var value = MsgpackReader.ReadSingle(body);
        return value.Kind == MessageValueKind.Map
            ? value.GetMap()
            : throw new FormatException($"The body is a {value.Kind}, not a map.");
    }
}
