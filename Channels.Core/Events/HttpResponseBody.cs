namespace Channels;

/// <summary>A part of the response body (ASGI <c>http.response.body</c>).</summary>
/// <param name="Body">The bytes; may be empty.</param>
/// <param name="MoreBody">True when further parts follow; false completes the response unless trailers were announced.</param>
public sealed record HttpResponseBody(ReadOnlyMemory<byte> Body = default, bool MoreBody = false)
    : Event("http.response.body");
