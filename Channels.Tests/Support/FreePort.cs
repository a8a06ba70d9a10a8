using System.Net;
using System.Net.Sockets;

namespace Channels.Tests.Support;

/// <summary>
/// Ports for outside programs that cannot pick one themselves, or that are to be away for a while. They lie below those
/// that the system gives to whoever connects: one of these may be taken again before its program starts. Test runs that
/// go on side by side have ports of their own; those 10,000 higher are left to the talk of clusters' nodes.
/// </summary>
internal static class FreePort
{
    private const int First = 12_000;
    private const int Block = 1_000;
    private const int Blocks = 10;

    private static readonly TcpListener OwnBlock = TakeBlock(); // held as long as the process lives
    private static int _last;

    /// <summary>A port of the loopback interface that nobody listened on a moment ago, and that this run has not been given lately.</summary>
    public static int Next()
    {
        var first = ((IPEndPoint)OwnBlock.LocalEndpoint).Port;
        while (true)
        {
            var port = first + 1 + (int)((uint)Interlocked.Increment(ref _last) % (Block - 1));
            if (IsFree(port))
            {
                return port;
            }
        }
    }

    /// <summary>Whether nobody listens on a port.</summary>
    /// <remarks>
    /// To ask by listening would let clients in: a process that is being started meanwhile holds the listener as well, until its program
    /// begins, whatever is closed here. A client then took it for the server it waited for, and its next connection was reset.
    /// </remarks>
    public static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true); // who is to listen there may, though this one is not closed everywhere
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // Whoever listens on the first port of a block has it.
    private static TcpListener TakeBlock()
    {
        var any = Random.Shared.Next(Blocks);
        return Enumerable.Range(any, Blocks).Select(block => TryListen(First + block % Blocks * Block)).FirstOrDefault(listener => listener is not null)
            ?? throw new InvalidOperationException($"{Blocks} test runs have all ports from {First} on: wait for one to end.");
    }

    private static TcpListener? TryListen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null; // somebody's
        }
    }
}
