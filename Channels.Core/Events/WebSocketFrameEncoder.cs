namespace Channels;

/// <summary>
/// Turns a message into the bytes that go on the wire. One instance stands for one way of encoding, so that
/// <see cref="WebSocketSend"/> can keep the result and give the same bytes to every socket that uses the same encoder.
/// </summary>
/// <remarks>Implementations are stateless and thread-safe; the returned array is never changed afterwards.</remarks>
internal abstract class WebSocketFrameEncoder
{
    /// <summary>Encodes the whole message as one or more frames.</summary>
    /// <param name="message">The message.</param>
    /// <returns>The bytes for the wire; the caller must not change them.</returns>
    public abstract byte[] Encode(WebSocketSend message);
}
