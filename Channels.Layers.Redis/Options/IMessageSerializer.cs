using System.Buffers;

namespace Channels.Layers.Redis;

/// <summary>
/// Turns the map of a layer message into bytes and back. Encryption, random prefix and addressing are the layer's; a
/// serializer sees the bare map. Implementations are thread-safe.
/// </summary>
public interface IMessageSerializer
{
    /// <summary>The name that <see cref="RedisLayerOptions.SerializerFormat"/> picks it by, for example <c>msgpack</c>.</summary>
    string Format { get; }

    /// <summary>Writes one map.</summary>
    /// <param name="message">The map, with the entry <c>type</c>.</param>
    /// <param name="output">Where the bytes go.</param>
    /// <exception cref="ArgumentException">The map holds something the format cannot carry; the message says what.</exception>
    void Serialize(MessageMap message, IBufferWriter<byte> output);

    /// <summary>Reads one map; the bytes may come from anybody.</summary>
    /// <param name="body">Exactly one encoded map.</param>
    /// <exception cref="FormatException">The bytes are not one map of this format; such a message is dropped and counted.</exception>
    MessageMap Deserialize(ReadOnlySpan<byte> body);
}
