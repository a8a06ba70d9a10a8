using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>The rules of the opening handshake (RFC 6455, section 4.2; RFC 8441, section 5), without input or output.</summary>
internal static class WebSocketHandshake
{
    public const string Version = "13";

    private const string KeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int KeyLength = 24; // 16 bytes in base64, with its two padding characters

    /// <summary>The answer to a client's key.</summary>
    public static string AcceptValue(string key)
    {
        Span<byte> text = stackalloc byte[KeyLength + KeySuffix.Length];
        Encoding.ASCII.GetBytes(key, text);
        Encoding.ASCII.GetBytes(KeySuffix, text[KeyLength..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // the protocol asks for SHA-1; nothing secret depends on it
        SHA1.HashData(text, hash);
#pragma warning restore CA5350
        return Convert.ToBase64String(hash);
    }

    /// <summary>Checks what HTTP/1.1 and HTTP/2 have in common; null when all is well.</summary>
    public static HandshakeRefusal? CheckCommon(StringValues version, StringValues origin, StringValues subprotocols, out IReadOnlyList<string> offered)
    {
        offered = [];
        if (version.Count > 1 || origin.Count > 1)
        {
            return HandshakeRefusal.RepeatedHeader;
        }

        if (!string.Equals(version, Version, StringComparison.Ordinal))
        {
            return HandshakeRefusal.BadVersion;
        }

        return TryReadTokens(subprotocols, out offered) ? null : HandshakeRefusal.BadSubprotocols;
    }

    /// <summary>Checks what only an upgrade from HTTP/1.1 has; null when all is well.</summary>
    public static HandshakeRefusal? CheckUpgrade(string method, string protocol, StringValues key)
    {
        if (!string.Equals(protocol, "HTTP/1.1", StringComparison.Ordinal))
        {
            return HandshakeRefusal.BadHttpVersion;
        }

        if (!string.Equals(method, "GET", StringComparison.Ordinal))
        {
            return HandshakeRefusal.BadMethod;
        }

        return key.Count == 1 && IsKey(key[0]) ? null : HandshakeRefusal.BadKey;
    }

    /// <summary>Whether a comma-separated header lists the token, in any letter case.</summary>
    public static bool Lists(StringValues header, ReadOnlySpan<char> token)
    {
        foreach (var line in header)
        {
            var text = line.AsSpan();
            foreach (var part in text.Split(','))
            {
                if (text[part].Trim(" \t").Equals(token, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsKey(string? key)
    {
        Span<byte> bytes = stackalloc byte[18];
        return key is { Length: KeyLength } && Convert.TryFromBase64String(key, bytes, out var count) && count == 16;
    }

    // Every token once, in the client's order; empty list members are passed over (RFC 9110, section 5.6.1).
    private static bool TryReadTokens(StringValues header, out IReadOnlyList<string> tokens)
    {
        tokens = [];
        if (header.Count == 0)
        {
            return true;
        }

        var read = new List<string>();
        foreach (var line in header)
        {
            var text = line.AsSpan();
            foreach (var part in text.Split(','))
            {
                var token = text[part].Trim(" \t");
                if (token.IsEmpty)
                {
                    continue;
                }

                if (!HeaderText.IsToken(token))
                {
                    return false;
                }

                read.Add(token.ToString());
            }
        }

        tokens = read;
        return true;
    }
}
