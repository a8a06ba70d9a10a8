using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>
/// What both ends agree on about permessage-deflate (RFC 7692, section 7.1). The window is always 32 KiB: .NET's
/// deflate offers no other, so that offers which demand a smaller one of us are declined.
/// </summary>
/// <param name="ServerKeepsWindow">Our messages may refer back to earlier ones.</param>
/// <param name="ClientKeepsWindow">The client's messages may refer back to earlier ones.</param>
/// <param name="NamesServerWindow">The client has named the size of our window, and the answer must too.</param>
internal sealed record DeflateTerms(bool ServerKeepsWindow, bool ClientKeepsWindow, bool NamesServerWindow = false)
{
    private const string Name = "permessage-deflate";
    private const string ServerNoTakeover = "server_no_context_takeover";
    private const string ClientNoTakeover = "client_no_context_takeover";
    private const string ServerMaxWindow = "server_max_window_bits";
    private const string ClientMaxWindow = "client_max_window_bits";

    /// <summary>The value of the response's <c>Sec-WebSocket-Extensions</c>.</summary>
    public string ToHeader() => Name
        + (ServerKeepsWindow ? "" : "; " + ServerNoTakeover)
        + (ClientKeepsWindow ? "" : "; " + ClientNoTakeover)
        + (NamesServerWindow ? "; " + ServerMaxWindow + "=15" : "");

    /// <summary>
    /// The terms of the first offer that can be honoured, or null when there is none. Linear in the header's length,
    /// never throws; unknown extensions are passed over.
    /// </summary>
    /// <param name="header">The request's <c>Sec-WebSocket-Extensions</c>.</param>
    /// <param name="keepWindow">Whether windows may be kept between messages, if the client agrees.</param>
    public static DeflateTerms? Choose(StringValues header, bool keepWindow)
    {
        foreach (var line in header)
        {
            var scanner = new HeaderScanner(line);
            while (!scanner.IsAtEnd)
            {
                if (ReadOffer(ref scanner, keepWindow) is { } terms)
                {
                    return terms;
                }

                if (!scanner.SkipPast(','))
                {
                    break;
                }
            }
        }

        return null;
    }

    // Null for another extension, and for an offer that is malformed or cannot be honoured.
    private static DeflateTerms? ReadOffer(ref HeaderScanner scanner, bool keepWindow)
    {
        if (!scanner.TryReadToken(out var name) || !name.SequenceEqual(Name))
        {
            return null;
        }

        var seen = Parameters.None;
        while (scanner.TrySkip(';'))
        {
            if (!scanner.TryReadToken(out var parameter))
            {
                return null;
            }

            var hasValue = scanner.TrySkip('=');
            var value = ReadOnlySpan<char>.Empty;
            if (hasValue && !scanner.TryReadValue(out value))
            {
                return null;
            }

            var found = Identify(parameter, hasValue, value);
            if (found == Parameters.None || (seen & found) != 0)
            {
                return null; // unknown, wrong value, or repeated
            }

            seen |= found;
        }

        return scanner.IsAtEnd || scanner.IsAt(',')
            ? new(
                keepWindow && (seen & Parameters.ServerNoTakeover) == 0,
                keepWindow && (seen & Parameters.ClientNoTakeover) == 0,
                (seen & Parameters.ServerMaxWindow) != 0)
            : null;
    }

    private static Parameters Identify(ReadOnlySpan<char> name, bool hasValue, ReadOnlySpan<char> value) => name switch
    {
        ServerNoTakeover when !hasValue => Parameters.ServerNoTakeover,
        ClientNoTakeover when !hasValue => Parameters.ClientNoTakeover,
        ServerMaxWindow when hasValue && value is "15" => Parameters.ServerMaxWindow,

        // A hint that the client would obey a limit; we set none, so nothing is answered.
        ClientMaxWindow when !hasValue || IsWindowBits(value) => Parameters.ClientMaxWindow,
        _ => Parameters.None,
    };

    private static bool IsWindowBits(ReadOnlySpan<char> value) => value is "8" or "9" or "10" or "11" or "12" or "13" or "14" or "15";

    [Flags]
    private enum Parameters
    {
        None = 0,
        ServerNoTakeover = 1,
        ClientNoTakeover = 2,
        ServerMaxWindow = 4,
        ClientMaxWindow = 8,
    }
}
