using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>Puts the packets of one client together from the messages of its session. For one task at a time.</summary>
/// <param name="json">The contracts that arguments are read by.</param>
internal abstract class PacketReader(SocketIOJson json)
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}"u8);

    /// <summary>The contracts that arguments are read by.</summary>
    protected SocketIOJson Json { get; } = json;

    /// <summary>How much is kept of a packet that has not come whole, in bytes.</summary>
    public virtual long KeptBytes => 0;

    /// <summary>Takes the next message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="packet">The packet, when it is whole.</param>
    public abstract ReadOutcome Read(EngineIOMessage message, out ReceivedPacket packet);

    // The client's own events of these names mean something else to it (socket.io-client, "RESERVED_EVENTS").
    public static bool IsReserved(string name) => name is "connect" or "connect_error" or "disconnect" or "disconnecting" or "newListener" or "removeListener";

    /// <summary>Makes a packet of its parts, if it may be one.</summary>
    /// <param name="header">What stands in front.</param>
    /// <param name="attachments">Its byte arrays.</param>
    /// <param name="bytes">How much all that it is made of holds, used or not.</param>
    /// <param name="packet">The packet.</param>
    protected ReadOutcome Complete(in PacketHeader header, List<ReadOnlyMemory<byte>> attachments, long bytes, out ReceivedPacket packet)
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
                return TryReadEvent(header, attachments, bytes, out packet) ? ReadOutcome.Packet : ReadOutcome.Invalid;
            case PacketType.Acknowledgement or PacketType.BinaryAcknowledgement:
                if (!PayloadScan.TryRead(header.Payload.Span, attachments.Count, out var bounds, out var places))
                {
                    return ReadOutcome.Invalid;
                }

                packet = new() { Type = PacketType.Acknowledgement, Namespace = header.Namespace, Id = header.Id, Arguments = new(Json, header.Payload, 0, bounds, places, attachments) };
                return ReadOutcome.Packet;
            default:
                return ReadOutcome.Invalid; // also a refusal, which only servers send
        }
    }

    private bool TryReadEvent(in PacketHeader header, List<ReadOnlyMemory<byte>> attachments, long bytes, out ReceivedPacket packet)
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
            Arguments = new(Json, header.Payload, 1, bounds, places, attachments),
            Bytes = (int)Math.Min(bytes, int.MaxValue),
        };
        return true;
    }

    /// <summary>The name of an event: a text, or a number, which clients may use too; null for anything else.</summary>
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
