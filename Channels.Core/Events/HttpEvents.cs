namespace Channels;

/// <summary>A part of the request body; a request without a body is one empty part (ASGI <c>http.request</c>).</summary>
/// <param name="Body">The bytes of this part; the event owns them.</param>
/// <param name="MoreBody">True when further parts follow.</param>
public sealed record HttpRequest(ReadOnlyMemory<byte> Body = default, bool MoreBody = false) : Event("http.request")
{
    /// <summary>The request without a body.</summary>
    public static HttpRequest Empty { get; } = new();
}

/// <summary>The client went away, the response is complete, or the server stops (ASGI <c>http.disconnect</c>).</summary>
public sealed record HttpDisconnect() : Event("http.disconnect")
{
    /// <summary>The client has gone, or the response is complete.</summary>
    public static HttpDisconnect Instance { get; } = new();

    /// <summary>
    /// True when the client is still there, but the server stops: the application waits for the end of a response that has
    /// none of its own, such as an event stream or a kept-open poll, and may bring it to one. What it leaves open the server
    /// ends: an event stream is complete, a response that has not begun is 503, another one is cut. Default false.
    /// </summary>
    public bool IsServerStopping { get; init; }
}

/// <summary>
/// Status and headers of the response; at least one <see cref="HttpResponseBody"/> must follow. The server may hold it
/// back until then, so that it can still replace it by an error (ASGI <c>http.response.start</c>).
/// </summary>
/// <param name="Status">The status code, 200–599.</param>
/// <param name="Headers">
/// The headers, or null for none. <c>transfer-encoding</c>, <c>connection</c>, <c>keep-alive</c> and
/// <c>proxy-connection</c> are the server's and ignored.
/// </param>
/// <param name="Trailers">True when a <see cref="HttpResponseTrailers"/> follows the last body part.</param>
public sealed record HttpResponseStart(int Status, HeaderList? Headers = null, bool Trailers = false)
    : Event("http.response.start");

/// <summary>A part of the response body (ASGI <c>http.response.body</c>).</summary>
/// <param name="Body">The bytes; may be empty.</param>
/// <param name="MoreBody">True when further parts follow; false completes the response unless trailers were announced.</param>
public sealed record HttpResponseBody(ReadOnlyMemory<byte> Body = default, bool MoreBody = false)
    : Event("http.response.body");

/// <summary>
/// Trailers after the last body part, legal only when <see cref="HttpResponseStart.Trailers"/> was set; they reach
/// clients that asked with <c>TE: trailers</c> (ASGI extension <c>http.response.trailers</c>).
/// </summary>
/// <param name="Headers">The trailer fields.</param>
/// <param name="MoreTrailers">True when further trailers follow. Default false.</param>
public sealed record HttpResponseTrailers(HeaderList Headers, bool MoreTrailers = false) : Event("http.response.trailers");
