using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Channels;

/// <summary>Reads JSON from requests, and says what is wrong with them without naming anything of the server's.</summary>
internal static class JsonRequest
{
    /// <summary>Why a body cannot be read as JSON in UTF-8, told from its headers (RFC 9110, sections 8.3, 8.4 and 15.5.16); null when it can.</summary>
    public static string? WhyUnsupported(IHeaders headers)
    {
        if (headers.GetValues("content-encoding").Any(coding => !coding.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            return "The request body must not be encoded: send it without content-encoding.";
        }

        if (headers.GetValues("content-type") is not [var text] || !MediaTypeHeaderValue.TryParse(text, out var type) || !IsJson(type.MediaType))
        {
            return "The request body must be JSON: send it with one content-type of 'application/json', or one that ends in '+json'.";
        }

        return type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? null
            : "The request body must be JSON in UTF-8: send no other charset.";
    }

    /// <summary>Reads a body: a message, or what is wrong with it.</summary>
    /// <param name="utf8">The body.</param>
    /// <param name="contract">What it should be.</param>
    /// <param name="refused">Told what the contract threw: the client's content may be its cause, or a fault of the contract.</param>
    public static (T? Message, HttpProblem? Problem) Read<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> contract, Action<Exception> refused)
    {
        if (utf8.IsEmpty)
        {
            return (default, new(400, "The request has no body, where JSON is expected."));
        }

        // A parser passes over bad octets in what it skips, and calls them a value that does not fit elsewhere.
        if (!Utf8.IsValid(utf8))
        {
            return (default, new(400, "The request body is no JSON: it is not UTF-8."));
        }

        if (JsonText.HasLoneSurrogate(utf8))
        {
            return (default, new(400, "The request body holds a text with half a character in it."));
        }

        string? path;
        try
        {
            if (JsonSerializer.Deserialize(utf8, contract) is { } message)
            {
                return (message, null);
            }

            path = null;
        }
        catch (JsonException error) when (!JsonText.IsWellFormed(utf8))
        {
            return (default, Malformed(error));
        }
        catch (Exception error) when (ForeignContent.IsRefusal(error))
        {
            path = (error as JsonException)?.Path;
            if (error is not JsonException)
            {
                refused(error);
            }
        }

        const string why = "The request body does not fit what is expected here.";
        return (default, new(422, why) { Errors = new Dictionary<string, string[]> { [path ?? "$"] = ["The value, or one that is missing, does not fit."] } });
    }

    private static bool IsJson(string? type) => type is not null
        && (type.Equals(MediaType.Json, StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    private static HttpProblem Malformed(JsonException error)
    {
        var place = $"line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}";
        return new(400, $"The request body is no JSON: the mistake is at {place}.")
        {
            Errors = new Dictionary<string, string[]> { [error.Path ?? "$"] = [$"No JSON at {place}."] },
        };
    }
}
