using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Channels.Kestrel;

/// <summary>
/// Reads addresses as they are written in lists of proxies and in forwarded headers: strictly, because lenient readers
/// disagree (<c>010.0.0.1</c> is 8.0.0.1 to some, <c>1.2</c> is 1.0.0.2), and IPv4 addresses in IPv6's clothes
/// (<c>::ffff:1.2.3.4</c>) as the IPv4 addresses they are.
/// </summary>
internal static class AddressText
{
    private const int MappedBits = 96;

    private static readonly SearchValues<char> IPv6 = SearchValues.Create(".:0123456789ABCDEFabcdef");

    /// <summary>Reads an address without port and brackets.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (!(IsIPv4(text) || IsIPv6(text)) || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        address = Plain(parsed);
        return true;
    }

    /// <summary>Reads an address with or without a port, which is 0 when it is absent. An IPv6 address with a port stands in brackets.</summary>
    public static bool TryParseEndPoint(ReadOnlySpan<char> text, out IPEndPoint endPoint)
    {
        endPoint = null!;
        var host = text;
        ReadOnlySpan<char> tail = [];
        if (text is ['[', ..])
        {
            var end = text.IndexOf(']');
            if (end < 0 || !IsIPv6(text[1..end]))
            {
                return false;
            }

            host = text[1..end];
            tail = text[(end + 1)..];
        }
        else if (text.IndexOf(':') is > 0 and var colon && colon == text.LastIndexOf(':'))
        {
            host = text[..colon];
            tail = text[colon..];
        }

        ushort port = 0;
        if (!TryParse(host, out var address) || !(tail.IsEmpty || (tail[0] == ':' && TryParsePort(tail[1..], out port))))
        {
            return false;
        }

        endPoint = new IPEndPoint(address, port);
        return true;
    }

    /// <summary>Reads a port from 1 to 65535.</summary>
    public static bool TryParsePort(ReadOnlySpan<char> text, out ushort port)
    {
        port = 0;
        return text.Length is > 0 and <= 5 && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port > 0;
    }

    /// <summary>Reads a network such as <c>10.0.0.0/8</c>.</summary>
    public static bool TryParseNetwork(ReadOnlySpan<char> text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryParse(text[..slash], out var address) || !IPNetwork.TryParse(text, out network))
        {
            return false;
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6 || !text.Contains(':'))
        {
            return true;
        }

        // Below 96 bits it would hold all of IPv4, and more that is none.
        return network.PrefixLength >= MappedBits && IPNetwork.TryParse($"{address}/{network.PrefixLength - MappedBits}", out network);
    }

    /// <summary>An IPv4 address that an IPv6 socket reports as <c>::ffff:a.b.c.d</c>, as itself; others unchanged.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    // Four decimal numbers up to 255, without leading zeros.
    private static bool IsIPv4(ReadOnlySpan<char> text)
    {
        var numbers = 0;
        foreach (var range in text.Split('.'))
        {
            var number = text[range];
            if (number.Length is 0 or > 3 || number is ['0', _, ..] || !byte.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                return false;
            }

            numbers++;
        }

        return numbers == 4;
    }

    // The rest of the grammar is the platform's; a zone means nothing to another machine.
    private static bool IsIPv6(ReadOnlySpan<char> text) => text.Contains(':') && !text.ContainsAnyExcept(IPv6)
        && (!text.Contains('.') || IsIPv4(text[(text.LastIndexOf(':') + 1)..]));
}
