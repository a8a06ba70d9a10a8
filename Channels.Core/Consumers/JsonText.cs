using System.Text.Json;

namespace Channels;

/// <summary>JSON from and to UTF-8, with the depth limit of the house.</summary>
internal static class JsonText
{
    private const int MaxDepth = 64;

    public static bool TryParse(ReadOnlySpan<byte> utf8, out JsonElement content)
    {
        try
        {
            content = JsonElement.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return true;
        }
        catch (JsonException)
        {
            content = default; // the caller tells the peer
            return false;
        }
    }

    public static bool IsWellFormed(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static ReadOnlyMemory<byte> Write(JsonElement content)
    {
        var utf8 = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(utf8))
        {
            content.WriteTo(writer);
        }

        return utf8.WrittenMemory;
    }
}
