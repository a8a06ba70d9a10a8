namespace Channels;

/// <summary>
/// Refuses the handshake with an HTTP response of the application's choice, in place of <see cref="WebSocketAccept"/>.
/// Exactly one run of <see cref="WebSocketDenialBody"/> must follow (ASGI extension <c>websocket.http.response</c>).
/// </summary>
/// <param name="Status">The status code, 200–599; others are an error, and the peer gets 500.</param>
/// <param name="Headers">
/// The response headers, or null for none. Those about the connection, such as <c>transfer-encoding</c>, belong to the
/// server; a <c>content-length</c> must fit the body.
/// </param>
public sealed record WebSocketDenialStart(int Status, HeaderList? Headers = null) : Event("websocket.http.response.start");
