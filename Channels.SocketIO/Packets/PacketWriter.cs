using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>Writes packets, each into one array that begins with the engine's own digit, so that nothing is copied afterwards.</summary>
internal static class PacketWriter
{
    /// <summary>A packet with a payload that is JSON already.</summary>
    /// <param name="type">An event or acknowledgement becomes the binary one when there are attachments.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="id">The acknowledgement's number; null for none.</param>
    /// <param name="json">The payload; empty for none.</param>
    /// <param name="attachments">The bytes that belong to it.</param>
    public static EngineIOSend Write(PacketType type, string space, long? id, ReadOnlySpan<byte> json, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        var longest = MaxHeader(space);
        Span<byte> header = longest <= 256 ? stackalloc byte[256] : new byte[longest];
        var length = WriteHeader(header, type, space, id, attachments.Count);
        var packet = new byte[length + json.Length];
        header[..length].CopyTo(packet);
        json.CopyTo(packet.AsSpan(length));
        return EngineIOSend.FromPacket(packet, attachments);
    }

    /// <summary>The payload of an event or acknowledgement.</summary>
    /// <param name="json">The contracts.</param>
    /// <param name="name">The event's name; null for an acknowledgement.</param>
    /// <param name="arguments">The arguments.</param>
    public static SocketIOArguments Encode(SocketIOJson json, string? name, ReadOnlySpan<object?> arguments)
    {
        var output = new ArrayBufferWriter<byte>(256);
        var attachments = new List<ReadOnlyMemory<byte>>();
        using (var writer = json.MakeWriter(output, attachments))
        {
            writer.WriteStartArray();
            if (name is not null)
            {
                writer.WriteStringValue(name);
            }

            foreach (var argument in arguments)
            {
                json.Write(writer, argument);
            }

            writer.WriteEndArray();
        }

        if (!PayloadScan.TryRead(output.WrittenSpan, attachments.Count, out var bounds, out var places))
        {
            throw new ArgumentException($"The arguments {(name is null ? "of the acknowledgement" : $"of '{name}'")} cannot be sent: they are nested deeper than {PayloadScan.MaxDepth} levels, or hold an object with a property '_placeholder', which stands for bytes.");
        }

        return new(json, output.WrittenMemory, name is null ? 0 : 1, bounds, places, attachments);
    }

    private static int MaxHeader(string space) => Encoding.UTF8.GetMaxByteCount(space.Length) + 32;

    private static int WriteHeader(Span<byte> target, PacketType type, string space, long? id, int attachments)
    {
        target[0] = (byte)'4';
        type = attachments == 0 ? type : type == PacketType.Event ? PacketType.BinaryEvent : PacketType.BinaryAcknowledgement;
        target[1] = (byte)('0' + (int)type);
        var at = 2;
        if (attachments > 0)
        {
            Utf8Formatter.TryFormat(attachments, target[at..], out var digits);
            at += digits;
            target[at++] = (byte)'-';
        }

        if (space != "/")
        {
            at += Encoding.UTF8.GetBytes(space, target[at..]);
            target[at++] = (byte)',';
        }

        if (id is { } number)
        {
            Utf8Formatter.TryFormat(number, target[at..], out var digits);
            at += digits;
        }

        return at;
    }
}
