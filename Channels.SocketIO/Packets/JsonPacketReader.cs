namespace Channels.SocketIO;

/// <summary>Packets as text, with attachments in binary messages behind it (Socket.IO protocol 5, "Packet encoding").</summary>
/// <param name="json">The contracts that arguments are read by.</param>
/// <param name="maxAttachments">How many attachments a packet may have.</param>
/// <param name="maxBytes">How many bytes a packet may have with all of them.</param>
internal sealed class JsonPacketReader(SocketIOJson json, int maxAttachments, long maxBytes) : PacketReader(json)
{
    private PacketHeader _waiting; // for attachments
    private List<ReadOnlyMemory<byte>>? _attachments; // null while none are waited for
    private long _bytes;

    /// <inheritdoc/>
    public override ReadOutcome Read(EngineIOMessage message, out ReceivedPacket packet)
    {
        packet = default;
        if (!message.IsText)
        {
            return TakeAttachment(message.Payload, out packet);
        }

        if (_attachments is not null || !PacketHeader.TryRead(message.Payload, maxAttachments, out var header))
        {
            return ReadOutcome.Invalid;
        }

        if (header.Attachments > 0)
        {
            (_waiting, _attachments, _bytes) = (header, new(header.Attachments), header.Payload.Length);
            return ReadOutcome.Incomplete;
        }

        return Complete(header, [], out packet);
    }

    private ReadOutcome TakeAttachment(ReadOnlyMemory<byte> bytes, out ReceivedPacket packet)
    {
        packet = default;
        _bytes += bytes.Length;
        if (_attachments is not { } attachments || _bytes > maxBytes)
        {
            return ReadOutcome.Invalid;
        }

        attachments.Add(bytes);
        if (attachments.Count < _waiting.Attachments)
        {
            return ReadOutcome.Incomplete;
        }

        var header = _waiting;
        (_waiting, _attachments) = (default, null);
        return Complete(header, attachments, out packet);
    }
}
