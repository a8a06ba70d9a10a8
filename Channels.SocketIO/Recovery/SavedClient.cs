using System.Buffers;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>What is kept of one client: JSON, so that another process understands it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="User">Who it was; null for nobody in particular.</param>
/// <param name="Rooms">The rooms that it was in besides that of its id.</param>
/// <param name="Data">What the application kept with it.</param>
internal sealed record SavedClient(string Id, string? User, IReadOnlyList<string> Rooms, IReadOnlyList<KeyValuePair<string, object?>> Data)
{
    /// <summary>Writes it; what cannot be written as JSON is left out, and why is given.</summary>
    public ReadOnlyMemory<byte> Write(PacketCodec codec, out Exception? failure)
    {
        failure = null;
        var output = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("id"u8, Id);
        writer.WriteString("user"u8, User);
        writer.WriteStartArray("rooms"u8);
        foreach (var room in Rooms)
        {
            writer.WriteStringValue(room);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("data"u8);
        foreach (var (name, value) in Data)
        {
            try
            {
                WriteEntry(writer, name, codec.EncodeAll([value]));
            }
#pragma warning disable CA1031 // contracts, getters and converters are the application's, and who calls is in the middle of an end
            catch (Exception error)
#pragma warning restore CA1031
            {
                failure = error;
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenMemory;
    }

    /// <summary>Reads it; null when it is none.</summary>
    public static SavedClient? TryRead(ReadOnlyMemory<byte> bytes, PacketCodec codec)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            return new(
                root.GetProperty("id").GetString()!, // written by us
                root.GetProperty("user").GetString(),
                [.. root.GetProperty("rooms").EnumerateArray().Select(room => room.GetString()!)],
                [.. root.GetProperty("data").EnumerateArray().Select(entry => ReadEntry(entry, codec))]);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null; // another version wrote it
        }
    }

    // The value is encoded before anything of it is written.
    private static void WriteEntry(Utf8JsonWriter writer, string name, SocketIOArguments value)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, name);
        writer.WriteBase64String("value"u8, value.Array.Span);
        writer.WriteStartArray("bytes"u8);
        foreach (var attachment in value.Attachments)
        {
            writer.WriteBase64StringValue(attachment.Span);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static KeyValuePair<string, object?> ReadEntry(JsonElement entry, PacketCodec codec)
    {
        ReadOnlyMemory<byte>[] bytes = [.. entry.GetProperty("bytes").EnumerateArray().Select(attachment => new ReadOnlyMemory<byte>(attachment.GetBytesFromBase64()))];
        var value = codec.ReadValues(entry.GetProperty("value").GetBytesFromBase64(), bytes) ?? throw new JsonException("no value");
        return new(entry.GetProperty("name").GetString()!, value.IsBytes(0) ? value.GetBytes(0).ToArray() : ToObject(value.Get<JsonElement>(0)));
    }

    private static object? ToObject(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => value.Clone(),
    };
}
