using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Channels.Tests.Kestrel.WebSockets;

namespace Channels.Tests.Hostile;

/// <summary>Sends a message and waits for its echo; answers pings.</summary>
/// <param name="compression">Whether it compresses.</param>
internal sealed class CanarySocket(bool compression) : CanaryClient
{
    private static readonly byte[] FlushEnd = [0, 0, 0xff, 0xff];

    protected override void Open(NetworkStream stream)
    {
        stream.Write(Encoding.ASCII.GetBytes(RawWebSocketClient.Request(compression ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "", path: "/echo")));
        var head = ReadHead(stream);
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal) || head.Contains("permessage-deflate", StringComparison.Ordinal) != compression)
        {
            throw new InvalidOperationException($"the handshake was answered with {head}");
        }
    }

    protected override void Round(NetworkStream stream, string text)
    {
        var message = Encoding.UTF8.GetBytes(text);
        stream.Write(compression ? RawFrame.Client(1, Deflate(message), reserved: 4) : RawFrame.Client(1, message));
        var (start, payload) = ReadFrame(stream);
        while ((start & 15) == 9)
        {
            stream.Write(RawFrame.Client(10, payload));
            (start, payload) = ReadFrame(stream);
        }

        if ((start & 15) == 8)
        {
            throw new InvalidOperationException($"closed with {BinaryPrimitives.ReadUInt16BigEndian(payload)}");
        }

        if (!((start & 0x40) != 0 ? Inflate(payload) : payload).AsSpan().SequenceEqual(message))
        {
            throw new InvalidOperationException($"got something else than the echo of '{text}'");
        }
    }

    // All frames that a canary gets are short.
    private static (byte Start, byte[] Payload) ReadFrame(NetworkStream stream)
    {
        var start = Read(stream, 2);
        return (start[0], Read(stream, start[1]));
    }

    private static byte[] Deflate(byte[] message)
    {
        using var bytes = new MemoryStream();
        using var deflate = new DeflateStream(bytes, CompressionLevel.Fastest);
        deflate.Write(message);
        deflate.Flush();
        return bytes.ToArray()[..^FlushEnd.Length];
    }

    private static byte[] Inflate(byte[] payload)
    {
        using var bytes = new MemoryStream();
        using var inflate = new DeflateStream(new MemoryStream([.. payload, .. FlushEnd]), CompressionMode.Decompress);
        inflate.CopyTo(bytes);
        return bytes.ToArray();
    }
}
