using System.Net;
using System.Net.Sockets;
using System.Text;
using Channels.Testing;

namespace Channels.Tests.Support;

/// <summary>Octets to and from a live server, for what no client would say.</summary>
internal static class RawHttp
{
    extension(LiveServer server)
    {
        /// <summary>The port of the first endpoint.</summary>
        public int Port => server.BaseAddress.Port;

        /// <summary>Sends raw text and returns everything the server answers until it closes, or <paramref name="until"/> appears.</summary>
        public Task<string> SendRawAsync(string request, string? until = null) => server.SendRawAsync(Encoding.Latin1.GetBytes(request), until);

        /// <summary>Sends raw bytes and returns everything the server answers until it closes, or <paramref name="until"/> appears.</summary>
        public async Task<string> SendRawAsync(byte[] request, string? until = null)
        {
            using var limit = new CancellationTokenSource(Eventually.Patience);
            using var socket = await server.OpenSocketAsync();
            await socket.SendAsync(request, limit.Token);
            return await ReadAsync(socket, until, limit.Token);
        }

        /// <summary>A bare TCP connection to the server.</summary>
        public async Task<Socket> OpenSocketAsync()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, server.Port);
                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    /// <summary>Reads until the end of the connection, or until the text read so far contains <paramref name="until"/>.</summary>
    public static async Task<string> ReadAsync(Socket socket, string? until = null, CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (until is null || !text.ToString().Contains(until, StringComparison.Ordinal))
        {
            int read;
            try
            {
                read = await socket.ReceiveAsync(buffer, cancellationToken);
            }
            catch (SocketException)
            {
                break; // a reset ends the answer like a close
            }

            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
