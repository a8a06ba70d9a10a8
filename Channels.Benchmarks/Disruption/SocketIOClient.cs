using System.Text;

namespace Channels.Benchmarks;

/// <summary>
/// A client of <c>External/node/resume.js</c>: Socket.IO over a WebSocket. With the server's connection state recovery it comes back
/// with its private id and the offset of the last event; without, what it missed is lost.
/// </summary>
/// <param name="delays">Where it notes how late messages come; null for nowhere.</param>
internal sealed class SocketIOClient(LatencyHistogram? delays) : ResumingClient(delays)
{
    private const byte FinalText = 0x81;
    private byte[]? _privateId; // given by servers that recover
    private byte[] _last = [];

    protected override string Path => "/socket.io/?EIO=4&transport=websocket";

    internal override void Publish(ReadOnlySpan<byte> text) => Send([.. "42[\"pub\",\""u8, .. text, .. "\"]"u8]);

    protected override void OnMessage(ReadOnlySpan<byte> text, long now)
    {
        if (_privateId is not null && text.StartsWith("42"u8)) _last = LastOf(text).ToArray();
        if (text.StartsWith("42[\"m\","u8))
        {
            if (TryReadNumber(text, "42[\"m\","u8, out var number)) OnPublished(text, number, now);
        }
        else if (text.StartsWith("42[\"joined\","u8))
        {
            if (TryReadNumber(text, "42[\"joined\","u8, out var newest)) OnJoined(newest, gone: Start >= 0 && newest > Offset);
        }
        else if (text.StartsWith("40"u8))
        {
            _privateId = ReadText(text, "\"pid\":\""u8);
        }
        else if (text.StartsWith("0"u8))
        {
            Send(_privateId is null || _last.Length == 0 ? "40"u8 : Encoding.ASCII.GetBytes($$"""40{"pid":"{{Encoding.ASCII.GetString(_privateId)}}","offset":"{{Encoding.ASCII.GetString(_last)}}"}"""));
        }
        else if (text.SequenceEqual("2"u8))
        {
            Send("3"u8);
        }
    }

    // The offset, which servers that recover put behind the arguments.
    private static ReadOnlySpan<byte> LastOf(ReadOnlySpan<byte> packet) =>
        packet.EndsWith("\"]"u8) && packet[..^2].LastIndexOf((byte)'"') is >= 0 and var start ? packet[(start + 1)..^2] : default;

    private void Send(ReadOnlySpan<byte> packet) => Socket!.Send(ClientFrame.Encode(FinalText, packet)); // called for a socket that is there
}
