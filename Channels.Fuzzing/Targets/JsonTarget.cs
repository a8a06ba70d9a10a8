using System.Text.Json;

namespace Channels.Fuzzing;

/// <summary>JSON that a client sends to a consumer.</summary>
internal sealed class JsonTarget : FuzzTarget
{
    public override IEnumerable<byte[]> Seeds =>
    [
        """{"type": "chat.message", "text": "h\u00e9llo \ud83d\ude00", "n": [1, -2.5e3, null, true]}"""u8.ToArray(),
        """[{"a": {"b": []}}, "x", 1e999]"""u8.ToArray(),
        """{"\ud800": "\udc00"}"""u8.ToArray(), // halves of pairs
    ];

    // A client's text frame is valid UTF-8 before it is read as JSON.
    public override void Check(ReadOnlySpan<byte> input)
    {
        if (!System.Text.Unicode.Utf8.IsValid(input) || !JsonText.TryParse(input, out var content))
        {
            return;
        }

        Holds(JsonText.IsWellFormed(input), "what was parsed is well-formed");
        Visit(content);
        Holds(JsonText.TryParse(JsonText.Write(content).Span, out _), "what was read can be written and read again");
    }

    // As an application would: everything there is can be asked for.
    private static void Visit(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    Holds(property.Name.Length >= 0, "a name can be read");
                    Visit(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Visit(item);
                }

                break;
            case JsonValueKind.String:
                Holds(element.GetString() is not null, "a text can be read");
                break;
            case JsonValueKind.Number:
                Holds(!double.IsNaN(element.GetDouble()), "a number can be read");
                break;
        }
    }
}
