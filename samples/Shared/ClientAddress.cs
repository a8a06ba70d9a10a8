using System.Net.Sockets;
using Channels;

namespace Samples;

/// <summary>Whom a limit by address means: an IPv4 address, or the /64 network of an IPv6 address, because one subscriber has all of it.</summary>
internal static class ClientAddress
{
    public static string Of(RequestScope scope) => scope.Client?.Address is not { } address ? "local"
        : address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, 8))
        : $"{address.MapToIPv4()}";
}
