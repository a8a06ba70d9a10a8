namespace Channels.Kestrel;

/// <summary>
/// Compressed frames that refer back to earlier ones of the same socket. One instance per connection, with about
/// 256 KiB of window; frames must leave in the order in which they were encoded.
/// </summary>
/// <param name="plain">For messages that are not compressed.</param>
/// <param name="minBytes">The shortest message worth the effort.</param>
internal sealed class WindowDeflateEncoder(PlainFrameEncoder plain, int minBytes) : WebSocketFrameEncoder, IDisposable
{
    private readonly MessageDeflater _deflater = new();

    /// <inheritdoc/>
    /// <remarks>Not by way of <see cref="WebSocketSend.GetFrame"/>: the bytes are good for this socket and this moment only.</remarks>
    public override byte[] Encode(WebSocketSend message) => message.DisableCompression || message.Payload.Length < minBytes
        ? message.GetFrame(plain)
        : FrameWriting.Message((FrameOpcode)message.Kind, FrameWriting.Compressed, _deflater.Deflate(message.Payload.Span));

    public void Dispose() => _deflater.Dispose();
}
