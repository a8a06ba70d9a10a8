namespace Channels.SocketIO;

/// <summary>Packets as text, with attachments in binary messages behind it (Socket.IO protocol 5, "Packet encoding").</summary>
/// <param name="json">The contracts that arguments are read by.</param>
/// <param name="maxAttachments">How many attachments a packet may have.</param>
/// <param name="maxBytes">How many bytes a packet may have with all of them.</param>
internal sealed class JsonPacketReader(SocketIOJson json, int maxAttachments, long maxBytes) : PacketReader(json)
{
    private Incomplete? _incomplete; // null while no attachments are waited for, as for nearly all clients

    /// <inheritdoc/>
    public override long KeptBytes => _incomplete?.Bytes ?? 0;

    /// <inheritdoc/>
    public override ReadOutcome Read(EngineIOMessage message, out ReceivedPacket packet)
    {
        packet = default;
        if (!message.IsText)
        {
            return TakeAttachment(message.Payload, out packet);
        }

        if (_incomplete is not null || !PacketHeader.TryRead(message.Payload, maxAttachments, out var header))
        {
            return ReadOutcome.Invalid;
        }

        if (header.Attachments > 0)
        {
            _incomplete = new(header);
            return ReadOutcome.Incomplete;
        }

        return Complete(header, [], message.Payload.Length, out packet);
    }

    private ReadOutcome TakeAttachment(ReadOnlyMemory<byte> bytes, out ReceivedPacket packet)
    {
        packet = default;
        if (_incomplete is not { } waiting || (waiting.Bytes += bytes.Length) > maxBytes)
        {
            return ReadOutcome.Invalid;
        }

        waiting.Attachments.Add(bytes);
        if (waiting.Attachments.Count < waiting.Header.Attachments)
        {
            return ReadOutcome.Incomplete;
        }

        _incomplete = null;
        return Complete(waiting.Header, waiting.Attachments, waiting.Header.Namespace.Length + waiting.Bytes, out packet);
    }

    private sealed class Incomplete(PacketHeader header)
    {
        public PacketHeader Header { get; } = header;

        public List<ReadOnlyMemory<byte>> Attachments { get; } = new(header.Attachments);

        public long Bytes { get; set; } = header.Payload.Length;
    }
}
