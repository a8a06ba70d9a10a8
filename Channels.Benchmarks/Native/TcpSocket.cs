using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;

namespace Channels.Benchmarks;

/// <summary>Non-blocking TCP over IPv4 by file descriptor.</summary>
internal static unsafe class TcpSocket
{
    // Ports run out at 28,000 per source address; the loopback network has plenty of addresses.
    private const int SourceAddresses = 20;

    /// <summary>Starts a connection from one of several loopback addresses; the socket becomes writable once it is made.</summary>
    internal static int StartConnect(IPEndPoint target, int number)
    {
        var descriptor = Libc.Socket(Libc.FamilyInternet, Libc.TypeStreamNonBlocking, 0);
        if (descriptor < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        var one = 1;
        _ = Libc.SetOption(descriptor, Libc.LevelTcp, Libc.NoDelay, &one, sizeof(int));
        _ = Libc.SetOption(descriptor, Libc.LevelInternet, Libc.BindAddressNoPort, &one, sizeof(int));

        var address = stackalloc byte[16];
        if (IPAddress.IsLoopback(target.Address))
        {
            Write(address, new IPAddress([127, 0, 0, (byte)(2 + number % SourceAddresses)]), 0);
            if (Libc.Bind(descriptor, address, 16) != 0) throw Failed(descriptor, "bind");
        }

        Write(address, target.Address, target.Port);
        if (Libc.Connect(descriptor, address, 16) != 0 && Marshal.GetLastPInvokeError() != Libc.InProgress)
            throw Failed(descriptor, "connect");
        return descriptor;
    }

    /// <summary>The pending error of a socket, 0 if none.</summary>
    internal static int Error(int descriptor)
    {
        int error = 0, length = sizeof(int);
        return Libc.GetOption(descriptor, Libc.LevelSocket, Libc.SocketError, &error, &length) == 0 ? error : -1;
    }

    /// <summary>Bytes read, 0 at the end of the stream, -1 when nothing is there, -2 when the connection failed.</summary>
    internal static int Receive(int descriptor, byte* buffer, int length)
    {
        var count = (int)Libc.Receive(descriptor, buffer, length, 0);
        if (count >= 0) return count;
        return Marshal.GetLastPInvokeError() is Libc.Again or Libc.Interrupted ? -1 : -2;
    }

    /// <summary>Bytes taken, 0 when the socket is full, -2 when the connection failed.</summary>
    internal static int Send(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var count = (int)Libc.Send(descriptor, start, bytes.Length, Libc.NoSignal);
            if (count >= 0) return count;
            return Marshal.GetLastPInvokeError() is Libc.Again or Libc.Interrupted ? 0 : -2;
        }
    }

    private static void Write(byte* target, IPAddress address, int port)
    {
        var span = new Span<byte>(target, 16);
        span.Clear();
        span[0] = Libc.FamilyInternet;
        BinaryPrimitives.WriteUInt16BigEndian(span[2..], (ushort)port);
        address.TryWriteBytes(span[4..], out _);
    }

    private static Win32Exception Failed(int descriptor, string call)
    {
        var error = Marshal.GetLastPInvokeError();
        _ = Libc.Close(descriptor);
        return new Win32Exception(error, $"{call} failed: {new Win32Exception(error).Message}");
    }
}
