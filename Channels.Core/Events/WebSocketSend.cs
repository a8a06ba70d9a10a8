namespace Channels;

/// <summary>
/// One message to the peer (ASGI <c>websocket.send</c>). The same instance may be sent to any number of sockets: its
/// frame is made once and shared.
/// </summary>
/// <param name="Kind">Whether the payload is text or bytes.</param>
/// <param name="Payload">
/// The message's bytes; must be valid UTF-8 for <see cref="WebSocketMessageKind.Text"/> and must not change afterwards.
/// An empty payload is a message like any other.
/// </param>
public sealed record WebSocketSend(WebSocketMessageKind Kind, ReadOnlyMemory<byte> Payload) : Event("websocket.send")
{
    // Made when a frame is first asked for: most messages go to one socket, which writes the header itself.
    private Lock? _encoding;

    // Two slots: the plain frame, and one more for the encoding that compressing sockets share.
    private volatile EncodedFrame? _first;
    private volatile EncodedFrame? _second;

    // A copy made by "with" is another message: it must not inherit frames made of the original's content.
    private WebSocketSend(WebSocketSend original)
        : base(original) => (Kind, Payload, DisableCompression) = (original.Kind, original.Payload, original.DisableCompression);

    /// <summary>True for a text message.</summary>
    public bool IsText => Kind == WebSocketMessageKind.Text;

    /// <summary>
    /// Keeps the message out of compression, for secrets beside text that an attacker can choose (CRIME, BREACH).
    /// Default false.
    /// </summary>
    public bool DisableCompression { get; init; }

    /// <summary>Makes a text message.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="System.Text.EncoderFallbackException"><paramref name="text"/> holds a lone surrogate.</exception>
    public static WebSocketSend FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new WebSocketSend(WebSocketMessageKind.Text, StrictUtf8.GetBytes(text));
    }

    /// <summary>Makes a text message from bytes that are UTF-8 already.</summary>
    /// <param name="utf8">Valid UTF-8; not checked again.</param>
    public static WebSocketSend FromUtf8(ReadOnlyMemory<byte> utf8) => new(WebSocketMessageKind.Text, utf8);

    /// <summary>Makes a binary message.</summary>
    /// <param name="payload">The bytes; the caller hands them over.</param>
    public static WebSocketSend FromBinary(ReadOnlyMemory<byte> payload) => new(WebSocketMessageKind.Binary, payload);

    /// <summary>Equal kind and equal bytes reference; cached frames do not count.</summary>
    /// <param name="other">The message to compare with.</param>
    public bool Equals(WebSocketSend? other) =>
        other is not null && Kind == other.Kind && Payload.Equals(other.Payload) && DisableCompression == other.DisableCompression;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Payload, DisableCompression);

    /// <summary>
    /// The message as <paramref name="encoder"/> encodes it, made at the first call and shared by all later ones with
    /// the same encoder. Thread-safe.
    /// </summary>
    /// <param name="encoder">The encoding; two different ones are kept, a third is encoded anew each time.</param>
    /// <exception cref="ArgumentNullException"><paramref name="encoder"/> is null.</exception>
    internal byte[] GetFrame(WebSocketFrameEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        return Cached(encoder) ?? EncodeOnce(encoder);
    }

    private byte[]? Cached(WebSocketFrameEncoder encoder)
    {
        if (_first is { } first && ReferenceEquals(first.Encoder, encoder))
        {
            return first.Bytes;
        }

        return _second is { } second && ReferenceEquals(second.Encoder, encoder) ? second.Bytes : null;
    }

    private byte[] EncodeOnce(WebSocketFrameEncoder encoder)
    {
        lock (LazyInitializer.EnsureInitialized(ref _encoding, static () => new Lock()))
        {
            if (Cached(encoder) is { } made)
            {
                return made;
            }

            var encoded = new EncodedFrame(encoder, encoder.Encode(this));
            if (_first is null)
            {
                _first = encoded;
            }
            else
            {
                _second ??= encoded;
            }

            return encoded.Bytes;
        }
    }

    private sealed record EncodedFrame(WebSocketFrameEncoder Encoder, byte[] Bytes);
}
