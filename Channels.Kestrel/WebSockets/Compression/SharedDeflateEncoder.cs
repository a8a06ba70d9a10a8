namespace Channels.Kestrel;

/// <summary>
/// Compressed frames that stand alone, so that every socket which agreed to compression gets the same bytes. One
/// instance per server.
/// </summary>
/// <param name="plain">For messages that are not compressed; shared with the sockets that never compress.</param>
/// <param name="minBytes">The shortest message worth the effort.</param>
internal sealed class SharedDeflateEncoder(PlainFrameEncoder plain, int minBytes) : WebSocketFrameEncoder
{
    public override byte[] Encode(WebSocketSend message)
    {
        if (message.DisableCompression || message.Payload.Length < minBytes)
        {
            return message.GetFrame(plain);
        }

        using var deflater = new MessageDeflater();
        var compressed = deflater.Deflate(message.Payload.Span);
        return compressed.Length < message.Payload.Length || message.Payload.IsEmpty
            ? FrameWriting.Message((FrameOpcode)message.Kind, FrameWriting.Compressed, compressed)
            : message.GetFrame(plain);
    }
}
