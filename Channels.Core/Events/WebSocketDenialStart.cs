namespace Channels;

/// <summary>
/// Refuses the handshake with an HTTP response of the application's choice, in place of <see cref="WebSocketAccept"/>.
/// Exactly one run of <see cref="WebSocketDenialBody"/> must follow (ASGI extension <c>websocket.http.response</c>).
/// </summary>
/// <param name="Status">The status code, 200–599; other values end as 500.</param>
/// <param name="Headers">The response headers, or null for none.</param>
public sealed record WebSocketDenialStart(int Status, HeaderList? Headers = null) : Event("websocket.http.response.start");
