using System.Net.Sockets;

namespace Channels.Kestrel;

/// <summary>The files of unix sockets: what a killed process has left behind, and who may connect.</summary>
internal static class UnixSockets
{
    private const string Prefix = "unix:";
    private const int NoSuchDevice = 6; // ENXIO: what opening a socket as a file answers

    /// <summary>The paths of those unix sockets that are among the addresses.</summary>
    /// <param name="addresses">Addresses such as <c>http://unix:/run/app.sock</c>.</param>
    public static IEnumerable<string> In(IEnumerable<string> addresses)
    {
        foreach (var address in addresses)
        {
            var start = address.IndexOf("://", StringComparison.Ordinal) + 3;
            if (start > 2 && address.AsSpan(start).StartsWith(Prefix + "/", StringComparison.Ordinal))
            {
                yield return address[(start + Prefix.Length)..];
            }
        }
    }

    /// <summary>Removes a socket's file when nobody listens there any more; everything else stays, and the server says that it is in the way.</summary>
    /// <returns>Whether a file was removed.</returns>
    public static bool RemoveDead(string path)
    {
        if (!File.Exists(path) || !IsSocket(path))
        {
            return false;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return true;
        }
        catch (SocketException)
        {
            // Alive with a full backlog, or not ours to connect to.
        }

        return false;
    }

    /// <summary>Sets who may connect, where files have modes.</summary>
    public static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private static bool IsSocket(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite); // both, because a pipe would wait for its other end
            return false;
        }
        catch (IOException error)
        {
            return error.HResult == NoSuchDevice;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
