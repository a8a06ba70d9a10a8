namespace Channels.SocketIO;

/// <summary>One way to write packets on the wire. Stateless and thread-safe.</summary>
/// <param name="json">The contracts of arguments.</param>
/// <param name="maxAttachments">How many attachments a packet may have.</param>
/// <param name="maxBytes">How many bytes a packet may have with all of them.</param>
internal abstract class PacketCodec(SocketIOJson json, int maxAttachments, long maxBytes)
{
    /// <summary>The contracts of arguments.</summary>
    public SocketIOJson Json { get; } = json;

    protected int MaxAttachments { get; } = maxAttachments;

    protected long MaxBytes { get; } = maxBytes;

    /// <summary>What it writes.</summary>
    public abstract SocketIOParser Parser { get; }

    /// <summary>Makes a reader for one client.</summary>
    public abstract PacketReader MakeReader();

    /// <summary>Writes an event or an acknowledgement.</summary>
    public abstract EngineIOSend Write(PacketType type, string space, long? id, SocketIOArguments arguments);

    /// <summary>Writes a packet whose payload is one object, or that has none.</summary>
    public abstract EngineIOSend Write(PacketType type, string space, ReadOnlySpan<byte> json);

    /// <summary>Encodes what an application emits.</summary>
    /// <param name="name">The event's name; null for an acknowledgement.</param>
    /// <param name="arguments">The arguments.</param>
    /// <exception cref="ArgumentException">The name is one of the client's own, or the arguments are too many bytes' worth or too deep.</exception>
    /// <exception cref="NotSupportedException">An argument has no JSON contract.</exception>
    public SocketIOArguments Encode(string? name, ReadOnlySpan<object?> arguments)
    {
        if (name is not null && PacketReader.IsReserved(name))
        {
            throw new ArgumentException($"'{name}' is an event of the client's own; choose another name.", nameof(name));
        }

        var encoded = PacketWriter.Encode(Json, name, arguments);
        return encoded.Attachments.Count <= MaxAttachments
            ? encoded
            : throw new ArgumentException($"The arguments hold {encoded.Attachments.Count} byte arrays, but clients take {MaxAttachments} at most; join them, or raise {nameof(MaxAttachments)} on both sides.", nameof(arguments));
    }

    /// <summary>Reads an event that another process has encoded; null when it is none.</summary>
    /// <param name="array">Its name and arguments.</param>
    /// <param name="attachments">The bytes that belong to it.</param>
    /// <param name="name">The name.</param>
    public SocketIOArguments? ReadEvent(ReadOnlyMemory<byte> array, IReadOnlyList<ReadOnlyMemory<byte>> attachments, out string name)
    {
        name = "";
        if (!PayloadScan.TryRead(array.Span, attachments.Count, out var bounds, out var places) || bounds.Length == 0
            || PacketReader.ReadName(array.Span[bounds[0]..bounds[1]]) is not { } read)
        {
            return null;
        }

        name = read;
        return new(Json, array, 1, bounds, places, attachments);
    }

    /// <summary>Encodes values that stay among servers, however many byte arrays they hold.</summary>
    /// <exception cref="NotSupportedException">One has no JSON contract.</exception>
    public SocketIOArguments EncodeAll(IEnumerable<object?> values) => PacketWriter.Encode(Json, null, values.ToArray());

    /// <summary>Reads values that another process has encoded; null when they are none.</summary>
    public SocketIOArguments? ReadValues(ReadOnlyMemory<byte> array, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        PayloadScan.TryRead(array.Span, attachments.Count, out var bounds, out var places) ? new(Json, array, 0, bounds, places, attachments) : null;
}
