using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>A whole packet of the client's, with its attachments, checked against the protocol's rules.</summary>
internal readonly struct ReceivedPacket
{
    /// <summary>Connect, disconnect, event or acknowledgement; binary ones are no kinds of their own any more.</summary>
    public PacketType Type { get; init; }

    /// <summary>The namespace as UTF-8.</summary>
    public ReadOnlyMemory<byte> Namespace { get; init; }

    /// <summary>The number to acknowledge, or that is acknowledged; null for none.</summary>
    public long? Id { get; init; }

    /// <summary>The event's name; null for other packets.</summary>
    public string? Name { get; init; }

    /// <summary>The arguments of an event or acknowledgement.</summary>
    public SocketIOArguments? Arguments { get; init; }

    /// <summary>How much of what the client has sent is held by an event.</summary>
    public int Bytes { get; init; }

    /// <summary>What the client says to be let in; an object without properties when it says nothing.</summary>
    public JsonElement Authentication { get; init; }
}
