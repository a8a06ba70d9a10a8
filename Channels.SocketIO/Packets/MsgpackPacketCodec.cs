using System.Buffers;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>
/// Packets as one binary message each, a map of MessagePack, as the parser <c>socket.io-msgpack-parser</c> writes them.
/// Inside of the server arguments are JSON with attachments, whatever the wire is.
/// </summary>
internal sealed class MsgpackPacketCodec(SocketIOJson json, int maxAttachments, long maxBytes) : PacketCodec(json, maxAttachments, maxBytes)
{
    /// <inheritdoc/>
    public override SocketIOParser Parser => SocketIOParser.MessagePack;

    /// <inheritdoc/>
    public override PacketReader MakeReader() => new MsgpackPacketReader(Json, MaxAttachments, MaxBytes);

    /// <inheritdoc/>
    public override EngineIOSend Write(PacketType type, string space, long? id, SocketIOArguments arguments)
    {
        using var document = JsonDocument.Parse(arguments.Array, new JsonDocumentOptions { MaxDepth = PayloadScan.MaxDepth });
        return Write(type, space, id, document.RootElement, arguments.Attachments);
    }

    /// <inheritdoc/>
    public override EngineIOSend Write(PacketType type, string space, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return Write(type, space, null, null, []);
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = PayloadScan.MaxDepth });
        using var document = JsonDocument.ParseValue(ref reader);
        return Write(type, space, null, document.RootElement, []);
    }

    private static EngineIOSend Write(PacketType type, string space, long? id, JsonElement? data, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        var output = new ArrayBufferWriter<byte>(256);
        JsonToMsgpack.WriteMapHeader(output, 2 + (data is null ? 0 : 1) + (id is null ? 0 : 1));
        JsonToMsgpack.WriteText(output, "type");
        JsonToMsgpack.WriteInteger(output, (int)type);
        JsonToMsgpack.WriteText(output, "nsp");
        JsonToMsgpack.WriteText(output, space);
        if (data is { } element)
        {
            JsonToMsgpack.WriteText(output, "data");
            JsonToMsgpack.Write(output, element, attachments);
        }

        if (id is { } number)
        {
            JsonToMsgpack.WriteText(output, "id");
            JsonToMsgpack.WriteInteger(output, number);
        }

        return EngineIOSend.FromBinary(output.WrittenMemory);
    }
}
