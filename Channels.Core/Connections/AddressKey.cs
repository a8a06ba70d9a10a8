using System.Buffers.Binary;
using System.Net;

namespace Channels.Extending;

/// <summary>
/// What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, because one subscriber has all of
/// it. Peers on a unix socket count as one.
/// </summary>
internal readonly record struct AddressKey(ulong Network, bool IsIPv6)
{
    /// <summary>The /48 network around an IPv6 address, which one subscriber may have as a whole; null for IPv4.</summary>
    public AddressKey? Site => IsIPv6 ? this with { Network = Network >> 16 } : null;

    public static AddressKey Of(IPAddress? address)
    {
        if (address is null)
        {
            return default;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return written == 4
            ? new(BinaryPrimitives.ReadUInt32BigEndian(bytes), false)
            : address.IsIPv4MappedToIPv6
                ? new(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), false)
                : new(BinaryPrimitives.ReadUInt64BigEndian(bytes), true);
    }
}
