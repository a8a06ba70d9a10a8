namespace Channels;

/// <summary>A part of the body of a refused handshake (ASGI extension <c>websocket.http.response</c>).</summary>
/// <param name="Body">The bytes; may be empty.</param>
/// <param name="MoreBody">True when further parts follow. Default false.</param>
public sealed record WebSocketDenialBody(ReadOnlyMemory<byte> Body = default, bool MoreBody = false)
    : Event("websocket.http.response.body");
