namespace Channels.SocketIO;

/// <summary>Packets as text with attachments, as clients write them unless told otherwise.</summary>
internal sealed class JsonPacketCodec(SocketIOJson json, int maxAttachments, long maxBytes) : PacketCodec(json, maxAttachments, maxBytes)
{
    /// <inheritdoc/>
    public override SocketIOParser Parser => SocketIOParser.Json;

    /// <inheritdoc/>
    public override PacketReader MakeReader() => new JsonPacketReader(Json, MaxAttachments, MaxBytes);

    /// <inheritdoc/>
    public override EngineIOSend Write(PacketType type, string space, long? id, SocketIOArguments arguments) =>
        PacketWriter.Write(type, space, id, arguments.Array.Span, arguments.Attachments);

    /// <inheritdoc/>
    public override EngineIOSend Write(PacketType type, string space, ReadOnlySpan<byte> json) => PacketWriter.Write(type, space, null, json, []);
}
