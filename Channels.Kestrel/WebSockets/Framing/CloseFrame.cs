using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Channels.Kestrel;

/// <summary>The body of a close frame and the codes that may stand in it (RFC 6455, sections 5.5.1 and 7.4).</summary>
internal static class CloseFrame
{
    public const int Normal = 1000;

    public const int PolicyViolation = 1008;
    public const int ServerError = 1011;
    public const int TryAgainLater = 1013;

    public static WebSocketFault? TryParse(ReadOnlySpan<byte> body, out int code, out string reason)
    {
        (code, reason) = (WebSocketRules.NoCode, "");
        if (body.IsEmpty)
        {
            return null;
        }

        if (body.Length == 1)
        {
            return WebSocketFault.BadCloseFrame;
        }

        code = BinaryPrimitives.ReadUInt16BigEndian(body);
        if (!WebSocketRules.IsCloseCode(code))
        {
            return WebSocketFault.BadCloseCode;
        }

        if (!Utf8.IsValid(body[2..]))
        {
            return WebSocketFault.NotText;
        }

        reason = Encoding.UTF8.GetString(body[2..]);
        return null;
    }

    /// <summary>The frame as a server sends it; <see cref="WebSocketRules.NoCode"/> gives an empty body.</summary>
    public static byte[] Encode(int code, string reason)
    {
        if (code == WebSocketRules.NoCode)
        {
            return [0x80 | (byte)FrameOpcode.Close, 0];
        }

        var length = 2 + Encoding.UTF8.GetByteCount(reason);
        var frame = new byte[2 + length];
        frame[0] = 0x80 | (byte)FrameOpcode.Close;
        frame[1] = (byte)length;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)code);
        Encoding.UTF8.GetBytes(reason, frame.AsSpan(4));
        return frame;
    }
}
