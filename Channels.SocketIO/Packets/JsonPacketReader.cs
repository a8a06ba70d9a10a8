using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>Packets as text, with attachments in binary messages behind it (Socket.IO protocol 5, "Packet encoding").</summary>
/// <param name="json">The contracts that arguments are read by.</param>
/// <param name="maxAttachments">How many attachments a packet may have.</param>
/// <param name="maxBytes">How many bytes a packet may have with all of them.</param>
internal sealed class JsonPacketReader(SocketIOJson json, int maxAttachments, long maxBytes) : PacketReader
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}"u8);

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

    private ReadOutcome Complete(in PacketHeader header, List<ReadOnlyMemory<byte>> attachments, out ReceivedPacket packet)
    {
        packet = default;
        switch (header.Type)
        {
            case PacketType.Connect when header.Id is null && TryReadObject(header.Payload, out var authentication):
                packet = new() { Type = PacketType.Connect, Namespace = header.Namespace, Authentication = authentication };
                return ReadOutcome.Packet;
            case PacketType.Disconnect when header.Id is null && header.Payload.IsEmpty:
                packet = new() { Type = PacketType.Disconnect, Namespace = header.Namespace };
                return ReadOutcome.Packet;
            case PacketType.Event or PacketType.BinaryEvent:
                return TryReadEvent(header, attachments, out packet) ? ReadOutcome.Packet : ReadOutcome.Invalid;
            case PacketType.Acknowledgement or PacketType.BinaryAcknowledgement:
                if (!PayloadScan.TryRead(header.Payload.Span, attachments.Count, out var bounds, out var places))
                {
                    return ReadOutcome.Invalid;
                }

                packet = new() { Type = PacketType.Acknowledgement, Namespace = header.Namespace, Id = header.Id, Arguments = new(json, header.Payload, 0, bounds, places, attachments) };
                return ReadOutcome.Packet;
            default:
                return ReadOutcome.Invalid; // also a refusal, which only servers send
        }
    }

    private bool TryReadEvent(in PacketHeader header, List<ReadOnlyMemory<byte>> attachments, out ReceivedPacket packet)
    {
        packet = default;
        if (!PayloadScan.TryRead(header.Payload.Span, attachments.Count, out var bounds, out var places)
            || bounds.Length == 0 || ReadName(header.Payload.Span[bounds[0]..bounds[1]]) is not { } name || IsReserved(name))
        {
            return false;
        }

        packet = new()
        {
            Type = PacketType.Event,
            Namespace = header.Namespace,
            Id = header.Id,
            Name = name,
            Arguments = new(json, header.Payload, 1, bounds, places, attachments),
        };
        return true;
    }

    // A text, or a number, which clients may use too.
    public static string? ReadName(ReadOnlySpan<byte> element)
    {
        var reader = new Utf8JsonReader(element);
        reader.Read(); // the element has been looked at already
        try
        {
            return reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Number => System.Text.Encoding.ASCII.GetString(element),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            return null; // half of a surrogate pair, written as an escape
        }
    }

    private static bool TryReadObject(ReadOnlyMemory<byte> payload, out JsonElement value)
    {
        value = Nothing;
        if (payload.IsEmpty)
        {
            return true;
        }

        try
        {
            var reader = new Utf8JsonReader(payload.Span, new JsonReaderOptions { MaxDepth = PayloadScan.MaxDepth });
            value = JsonElement.ParseValue(ref reader);
            return value.ValueKind == JsonValueKind.Object && reader.BytesConsumed == payload.Length;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
