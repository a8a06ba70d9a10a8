using System.Text;

namespace Channels.SocketIO;

/// <summary>A message from the client, whatever transport it came by.</summary>
/// <param name="IsText">Whether it is text; otherwise bytes.</param>
/// <param name="Payload">Its bytes, without the packet's type; valid UTF-8 when it is text. The event owns them.</param>
public sealed record EngineIOMessage(bool IsText, ReadOnlyMemory<byte> Payload) : Event("engineio.message")
{
    /// <summary>Makes a text message, as a test does.</summary>
    /// <param name="text">The text.</param>
    public static EngineIOMessage FromText(string text) => new(true, Encoding.UTF8.GetBytes(text));

    /// <summary>Makes a binary message, as a test does.</summary>
    /// <param name="payload">The bytes; the caller hands them over.</param>
    public static EngineIOMessage FromBinary(ReadOnlyMemory<byte> payload) => new(false, payload);

    /// <summary>Decodes the text. A new string is made at each call.</summary>
    /// <exception cref="InvalidOperationException">The message is binary.</exception>
    public string GetText() => IsText
        ? Encoding.UTF8.GetString(Payload.Span)
        : throw new InvalidOperationException("The Engine.IO message is binary; read Payload, or check IsText first.");
}

/// <summary>The session has moved from polling to a WebSocket. Received once at most; no message was lost on the way.</summary>
public sealed record EngineIOUpgraded() : Event("engineio.upgrade")
{
    /// <summary>The only instance anyone needs; the event has no content.</summary>
    public static EngineIOUpgraded Instance { get; } = new();
}

/// <summary>The last event of a session, received exactly once.</summary>
/// <param name="Reason">
/// Why: <c>transport close</c> (the client has closed, or its WebSocket is gone), <c>transport error</c> (a request was cut,
/// or came where none was due), <c>ping timeout</c>, <c>parse error</c>, <c>forced close</c> (the application has closed it,
/// or what waits for the client is too much) or <c>server shutting down</c>.
/// </param>
public sealed record EngineIODisconnect(string Reason) : Event("engineio.disconnect");

/// <summary>
/// Ends the session. What was sent before reaches the client first: with a poll that is open or comes in time, or before the
/// WebSocket's close. Sent again, or after the end, it changes nothing.
/// </summary>
/// <param name="Discard">True to drop what still waits. Default false.</param>
public sealed record EngineIOClose(bool Discard = false) : Event("engineio.close");
