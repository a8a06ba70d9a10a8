namespace Channels;

/// <summary>
/// Trailers after the last body part, legal only when <see cref="HttpResponseStart.Trailers"/> was set; they reach
/// clients that asked with <c>TE: trailers</c> (ASGI extension <c>http.response.trailers</c>).
/// </summary>
/// <param name="Headers">The trailer fields.</param>
/// <param name="MoreTrailers">True when further trailers follow. Default false.</param>
public sealed record HttpResponseTrailers(HeaderList Headers, bool MoreTrailers = false) : Event("http.response.trailers");
