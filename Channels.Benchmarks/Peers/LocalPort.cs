using System.Net;
using System.Net.Sockets;

namespace Channels.Benchmarks;

/// <summary>Ports of the loopback interface for programs that cannot pick one themselves.</summary>
internal static class LocalPort
{
    // Below those that the system gives to whoever connects, which could have it before the server does.
    private const int First = 4_000;
    private const int Count = 8_000;

    /// <summary>A port that nobody listens on. It is not listened on to find out: a process that is being started meanwhile would hold the listener too.</summary>
    internal static int Next()
    {
        while (true)
        {
            var port = First + Random.Shared.Next(Count);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody's.
            }
        }
    }
}
