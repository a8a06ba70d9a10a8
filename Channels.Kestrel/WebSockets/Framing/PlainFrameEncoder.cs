namespace Channels.Kestrel;

/// <summary>Frames without compression, for what a compressing socket sends plain. One instance per server.</summary>
internal sealed class PlainFrameEncoder : WebSocketFrameEncoder
{
    public override byte[] Encode(WebSocketSend message) => FrameWriting.Message((FrameOpcode)message.Kind, 0, message.Payload.Span);
}
