using System.Buffers.Binary;
using System.Text;

namespace Channels.Tests.Hostile;

/// <summary>Frames of HTTP/2 (RFC 9113) as a client writes them, legal or not.</summary>
internal static class Http2Frames
{
    public const byte EndStream = 0x1;
    public const byte EndHeaders = 0x4;

    public static byte[] Preface { get; } = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    public static byte[] Frame(Http2FrameType type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | (byte)type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>One setting: 1 is the size of the header table, 4 the window of each stream.</summary>
    public static byte[] Setting(short id, int value)
    {
        var payload = new byte[6];
        BinaryPrimitives.WriteInt16BigEndian(payload, id);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(2), value);
        return Frame(Http2FrameType.Settings, 0, 0, payload);
    }

    public static byte[] WindowUpdate(int stream, int octets)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, octets);
        return Frame(Http2FrameType.WindowUpdate, 0, stream, payload);
    }

    public static byte[] Reset(int stream) => Frame(Http2FrameType.Reset, 0, stream, [0, 0, 0, 8]); // CANCEL

    /// <summary>A whole request without a body.</summary>
    public static byte[] Get(int stream, string path) => Frame(
        Http2FrameType.Headers,
        EndStream | EndHeaders,
        stream,
        Fields((":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", path)));

    /// <summary>A WebSocket's handshake (RFC 8441).</summary>
    public static byte[] Connect(int stream, string path) => Frame(
        Http2FrameType.Headers,
        EndHeaders,
        stream,
        Fields((":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":authority", "localhost"), (":path", path), ("sec-websocket-version", "13")));

    /// <summary>Header fields as literals that no table remembers (RFC 7541, 6.2.2).</summary>
    public static byte[] Fields(params (string Name, string Value)[] fields) => [.. fields.SelectMany(field => (byte[])[0, .. Text(field.Name), .. Text(field.Value)])];

    /// <summary>A field that the table remembers (6.2.1), and then so many references to it, of an octet each.</summary>
    public static byte[] Repeated(string name, string value, int references) =>
        [0x40, .. Text(name), .. Text(value), .. Enumerable.Repeat((byte)(0x80 | 62), references)];

    // An integer with a prefix of seven bits (5.1), and the octets.
    private static byte[] Text(string text)
    {
        var bytes = new List<byte>();
        if (text.Length < 127)
        {
            bytes.Add((byte)text.Length);
        }
        else
        {
            bytes.Add(127);
            var rest = text.Length - 127;
            for (; rest >= 128; rest >>= 7)
            {
                bytes.Add((byte)(rest & 127 | 128));
            }

            bytes.Add((byte)rest);
        }

        return [.. bytes, .. Encoding.ASCII.GetBytes(text)];
    }
}
