namespace Channels;

/// <summary>
/// Status and headers of the response; at least one <see cref="HttpResponseBody"/> must follow. The server may hold it
/// back until then, so that it can still replace it by an error (ASGI <c>http.response.start</c>).
/// </summary>
/// <param name="Status">The status code, 200–599.</param>
/// <param name="Headers">
/// The headers, or null for none. <c>transfer-encoding</c> is the server's and ignored.
/// </param>
/// <param name="Trailers">True when a <see cref="HttpResponseTrailers"/> follows the last body part.</param>
public sealed record HttpResponseStart(int Status, HeaderList? Headers = null, bool Trailers = false)
    : Event("http.response.start");
