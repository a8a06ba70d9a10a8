using System.Net;
using System.Net.Sockets;

namespace Channels.Tests.Support;

/// <summary>
/// Ports for outside programs that cannot pick one themselves, or that are to be away for a while. They lie below those
/// that the system gives to whoever connects: one of these may be taken again before its program starts.
/// </summary>
internal static class FreePort
{
    private const int First = 12_000;
    private const int Count = 20_000;

    private static int _last = Random.Shared.Next(Count);

    /// <summary>A port of the loopback interface that nobody listened on a moment ago, and that this run has not been given.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _last) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // somebody's: the next one
            }
        }
    }
}
