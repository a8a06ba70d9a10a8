using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Channels.Layers.Redis;

/// <summary>Servers as they are written in an entry of the host list: <c>host</c>, <c>host:port</c>, <c>[::1]:port</c>, <c>::1</c>.</summary>
internal static class RedisEndPoint
{
    /// <exception cref="ArgumentException">The text names no server; the message says why.</exception>
    public static EndPoint Parse(string text, int defaultPort)
    {
        var (host, port) = Split(text.Trim());
        if (host.Length == 0)
        {
            throw new ArgumentException("it names no server.");
        }

        var number = port is null ? defaultPort
            : int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given is > 0 and <= IPEndPoint.MaxPort ? given
            : throw new ArgumentException($"'{port}' is not a port; ports are 1 to {IPEndPoint.MaxPort}.");
        return IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, number) : new DnsEndPoint(host, number);
    }

    /// <summary>Several servers behind commas.</summary>
    /// <exception cref="ArgumentException">A text names no server; the message says why.</exception>
    public static EndPoint[] ParseAll(string text, int defaultPort) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(server => Parse(server, defaultPort))];

    /// <summary>The server for logs and errors.</summary>
    public static string Show(EndPoint server) => server switch
    {
        DnsEndPoint dns => string.Create(CultureInfo.InvariantCulture, $"{dns.Host}:{dns.Port}"),
        System.Net.Sockets.UnixDomainSocketEndPoint => $"unix:{server}",
        _ => server.ToString() ?? "",
    };

    private static (string Host, string? Port) Split(string text)
    {
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            var inside = end < 0 ? "" : text[1..end];
            var rest = end < 0 ? "" : text[(end + 1)..];
            return IsIPv6(inside) && rest is "" or [':', _, ..]
                ? (inside, rest.Length == 0 ? null : rest[1..])
                : throw new ArgumentException("an IPv6 address is written [address] or [address]:port.");
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || IsIPv6(text) ? (text, null)
            : text.IndexOf(':', colon + 1) < 0 ? (text[..colon], text[(colon + 1)..])
            : throw new ArgumentException("it has too many colons; an IPv6 address is written [address]:port.");
    }

    private static bool IsIPv6(string text) => IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
}
