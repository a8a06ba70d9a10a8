using System.Net;
using System.Net.Sockets;

namespace Channels.Tests.Support;

/// <summary>Ports for outside programs that cannot pick one themselves.</summary>
internal static class FreePort
{
    /// <summary>A port of the loopback interface that nobody listened on a moment ago.</summary>
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
