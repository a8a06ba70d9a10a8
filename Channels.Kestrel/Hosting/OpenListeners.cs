using System.Net;
using Microsoft.AspNetCore.Http;

namespace Channels.Kestrel;

/// <summary>Tells the listeners that other machines reach from those on loopback addresses and unix sockets.</summary>
internal static class OpenListeners
{
    /// <summary>The addresses that other machines reach, by port.</summary>
    /// <param name="addresses">What the server listens on, with the ports it really got.</param>
    public static Dictionary<int, string> In(IEnumerable<string> addresses)
    {
        var open = new Dictionary<int, string>();
        foreach (var address in addresses)
        {
            var binding = BindingAddress.Parse(address);
            if (!binding.IsUnixPipe && !binding.IsNamedPipe && !IsLoopback(binding.Host))
            {
                open[binding.Port] = address;
            }
        }

        return open;
    }

    // A name that is no address is bound on all of them.
    private static bool IsLoopback(string host) => string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
