using System.Net.Sockets;
using System.Text;

namespace Channels.Tests.Hostile;

/// <summary>Posts a body of ordinary size again and again on one connection.</summary>
internal sealed class CanaryPoster : CanaryClient
{
    private static readonly byte[] Request = [.. Encoding.ASCII.GetBytes("POST /group/polite HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n"), .. new byte[20_000]];

    protected override void Open(NetworkStream stream)
    {
        // The first request opens it.
    }

    protected override void Round(NetworkStream stream, string text)
    {
        stream.Write(Request);
        if (ReadHead(stream) is var head && !head.StartsWith("HTTP/1.1 204 ", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"a body was answered with {head}");
        }
    }
}
