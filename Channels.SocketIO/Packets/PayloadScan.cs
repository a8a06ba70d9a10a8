using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>
/// One look at a payload: whether it is an array of JSON, where its elements stand, and where attachments belong. Nothing is
/// copied; what a peer has written becomes values only when a handler asks for them.
/// </summary>
/// <remarks>
/// An object that says to be a placeholder must be one: with these two properties, a number in range, and each attachment
/// used once. Otherwise bytes could be multiplied at will, or plain data would pass for an attachment where it is sent on.
/// </remarks>
internal ref struct PayloadScan
{
    /// <summary>How deep arrays and objects may be nested.</summary>
    public const int MaxDepth = 256;

    /// <summary>The most attachments a packet can have, whatever the options say.</summary>
    public const int MostAttachments = 64;

    // Deeper payloads are rare, and get a longer array.
    private const int UsualDepth = 16;

    private readonly List<Placeholder>? _places;
    private readonly int _attachments;
    private Span<OpenValue> _open;
    private int _depth;
    private ulong _used;

    private PayloadScan(Span<OpenValue> open, int attachments)
    {
        _open = open;
        _attachments = attachments;
        _places = attachments > 0 ? new(attachments) : null;
    }

    /// <summary>Looks at a payload.</summary>
    /// <param name="json">The payload.</param>
    /// <param name="attachments">How many attachments come with it.</param>
    /// <param name="bounds">Beginning and end of each element, one after the other.</param>
    /// <param name="places">Where attachments belong, in the order of the text.</param>
    /// <returns>False when it is no array, no JSON, too deep, or its placeholders are not right.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, int attachments, out int[] bounds, out Placeholder[] places)
    {
        (bounds, places) = ([], []);
        var scan = new PayloadScan(stackalloc OpenValue[UsualDepth], attachments);
        try
        {
            if (!scan.TryReadArray(json, out var found))
            {
                return false;
            }

            bounds = [.. found];
            places = scan._places is null ? [] : [.. scan._places];
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false; // the latter for half of a surrogate pair in a property's name
        }
    }

    private bool TryReadArray(ReadOnlySpan<byte> json, out List<int> bounds)
    {
        bounds = new(8);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        while (reader.Read())
        {
            var isWhole = true; // a value ends with this token
            var start = (int)reader.TokenStartIndex;
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    isWhole = false;
                    Open(start);
                    break;
                case JsonTokenType.EndArray when _depth == 0:
                    return !reader.Read(); // throws when anything follows
                case JsonTokenType.EndArray:
                    start = _open[--_depth].Start;
                    break;
                case JsonTokenType.EndObject:
                    start = _open[--_depth].Start;
                    if (_open[_depth].IsMarked && !TryTakePlace(_open[_depth], (int)reader.BytesConsumed))
                    {
                        return false;
                    }

                    break;
                case JsonTokenType.PropertyName:
                    isWhole = false;
                    _open[_depth - 1].Name(ref reader);
                    break;
                default:
                    if (_depth > 0)
                    {
                        _open[_depth - 1].Value(ref reader);
                    }

                    break;
            }

            if (isWhole && _depth == 0)
            {
                bounds.Add(start);
                bounds.Add((int)reader.BytesConsumed);
            }
        }

        return false;
    }

    private void Open(int start)
    {
        if (_depth == _open.Length)
        {
            var longer = new OpenValue[MaxDepth];
            _open.CopyTo(longer);
            _open = longer;
        }

        _open[_depth++] = new() { Start = start };
    }

    private bool TryTakePlace(in OpenValue value, int end)
    {
        if (value.Properties != 2 || value.Number is not { } number || number < 0 || number >= _attachments || (_used & (1UL << number)) != 0)
        {
            return false;
        }

        _used |= 1UL << number;
        _places!.Add(new(value.Start, end, number)); // there are attachments, or no number were in range
        return true;
    }

    private struct OpenValue
    {
        private PropertyKind _next;

        public int Start;
        public int Properties;
        public int? Number;
        public bool IsMarked;

        private enum PropertyKind
        {
            Other,
            Mark,
            Number,
        }

        public void Name(ref Utf8JsonReader reader)
        {
            Properties++;
            _next = reader.ValueTextEquals("_placeholder"u8) ? PropertyKind.Mark : reader.ValueTextEquals("num"u8) ? PropertyKind.Number : PropertyKind.Other;
        }

        public void Value(ref Utf8JsonReader reader)
        {
            if (_next == PropertyKind.Mark)
            {
                IsMarked |= reader.TokenType == JsonTokenType.True;
            }
            else if (_next == PropertyKind.Number)
            {
                Number = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : null;
            }

            _next = PropertyKind.Other;
        }
    }
}
