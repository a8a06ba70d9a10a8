namespace Channels.Kestrel;

/// <summary>Frames without compression. One instance per server, so that a broadcast is framed once.</summary>
internal sealed class PlainFrameEncoder : WebSocketFrameEncoder
{
    public override byte[] Encode(WebSocketSend message) => FrameWriting.Message((FrameOpcode)message.Kind, 0, message.Payload.Span);
}
