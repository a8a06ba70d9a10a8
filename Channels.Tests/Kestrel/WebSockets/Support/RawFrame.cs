using System.Buffers.Binary;
using System.Text;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>One frame as it stood on the wire.</summary>
internal sealed record RawFrame(bool Final, int Reserved, int Opcode, bool Masked, byte[] Payload)
{
    public string Text => Encoding.UTF8.GetString(Payload);

    public int CloseCode => Payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(Payload);

    public string CloseReason => Payload.Length < 2 ? "" : Encoding.UTF8.GetString(Payload.AsSpan(2));

    /// <summary>A client frame in any shape, legal or not.</summary>
    public static byte[] Client(int opcode, ReadOnlySpan<byte> payload, bool final = true, int reserved = 0, bool masked = true, uint mask = 0x12345678, int lengthForm = 0)
    {
        var form = lengthForm != 0 ? lengthForm : payload.Length switch { < 126 => 1, <= ushort.MaxValue => 2, _ => 8 };
        var frame = new List<byte> { (byte)((final ? 0x80 : 0) | (reserved << 4) | opcode) };
        var bit = masked ? 0x80 : 0;
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
        switch (form)
        {
            case 1:
                frame.Add((byte)(bit | payload.Length));
                break;
            case 2:
                frame.Add((byte)(bit | 126));
                frame.AddRange(length[6..]);
                break;
            default:
                frame.Add((byte)(bit | 127));
                frame.AddRange(length);
                break;
        }

        Span<byte> key = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(key, mask);
        if (masked)
        {
            frame.AddRange(key);
        }

        var start = frame.Count;
        frame.AddRange(payload);
        if (masked)
        {
            for (var i = start; i < frame.Count; i++)
            {
                frame[i] ^= key[(i - start) & 3];
            }
        }

        return [.. frame];
    }

    public static byte[] ClientText(string text, bool final = true) => Client(1, Encoding.UTF8.GetBytes(text), final);

    public static byte[] ClientClose(int code, string reason = "")
    {
        var body = new byte[2 + Encoding.UTF8.GetByteCount(reason)];
        BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)code);
        Encoding.UTF8.GetBytes(reason, body.AsSpan(2));
        return Client(8, body);
    }
}
