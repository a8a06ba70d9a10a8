using System.Text;

namespace Channels;

/// <summary>One complete message from the peer; fragments have been joined (ASGI <c>websocket.receive</c>).</summary>
/// <param name="Kind">Whether the peer sent a text or a binary message.</param>
/// <param name="Payload">
/// The message's bytes; valid UTF-8 when <paramref name="Kind"/> is <see cref="WebSocketMessageKind.Text"/>. The event
/// owns them: they are never reused, so they may be kept.
/// </param>
public sealed record WebSocketReceive(WebSocketMessageKind Kind, ReadOnlyMemory<byte> Payload) : Event("websocket.receive")
{
    /// <summary>True for a text message.</summary>
    public bool IsText => Kind == WebSocketMessageKind.Text;

    /// <summary>Makes the event for a text message.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="EncoderFallbackException"><paramref name="text"/> holds a lone surrogate.</exception>
    public static WebSocketReceive FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new WebSocketReceive(WebSocketMessageKind.Text, StrictUtf8.GetBytes(text));
    }

    /// <summary>Makes the event for a binary message.</summary>
    /// <param name="payload">The bytes; the caller hands them over.</param>
    public static WebSocketReceive FromBinary(ReadOnlyMemory<byte> payload) => new(WebSocketMessageKind.Binary, payload);

    /// <summary>Decodes the payload as UTF-8. A new string is made at each call.</summary>
    /// <exception cref="InvalidOperationException">The message is binary.</exception>
    public string GetText() => IsText
        ? Encoding.UTF8.GetString(Payload.Span)
        : throw new InvalidOperationException("The WebSocket message is binary; read Payload, or check IsText first.");
}
