using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>
/// The checks on headers that Kestrel leaves to us, made before any code of the application: control characters, names
/// that are no tokens, and repeated single-value headers. Linear in the size of the headers.
/// </summary>
internal static class RequestCheck
{
    /// <summary>What is wrong, for the client's eyes and without its own text; null when all is well.</summary>
    public static string? Find(IHeaderDictionary headers)
    {
        // Copied instead of enumerated: Kestrel's headers keep an enumerator for as long as the connection lives.
        var count = headers.Count;
        var fields = ArrayPool<KeyValuePair<string, StringValues>>.Shared.Rent(count);
        headers.CopyTo(fields, 0);
        var fault = Find(fields.AsSpan(0, count));
        ArrayPool<KeyValuePair<string, StringValues>>.Shared.Return(fields, clearArray: true);
        return fault ?? (headers.Host.Count > 1 || headers.Origin.Count > 1 || headers.SecWebSocketKey.Count > 1 || headers.SecWebSocketVersion.Count > 1
            ? "A header that may stand only once is repeated."
            : null);
    }

    private static string? Find(ReadOnlySpan<KeyValuePair<string, StringValues>> fields)
    {
        foreach (var (name, values) in fields)
        {
            if (!HeaderText.IsToken(name) && !name.StartsWith(':'))
            {
                return "A header name holds a character that is not allowed.";
            }

            // StringValues is a struct around a string or an array; indexing it allocates nothing.
            for (var i = 0; i < values.Count; i++)
            {
                if (!HeaderText.IsValue(values[i]))
                {
                    return "A header value holds a control character.";
                }
            }
        }

        return null;
    }
}
