namespace Channels;

/// <summary>A part of the request body; a request without a body is one empty part (ASGI <c>http.request</c>).</summary>
/// <param name="Body">The bytes of this part; the event owns them.</param>
/// <param name="MoreBody">True when further parts follow.</param>
public sealed record HttpRequest(ReadOnlyMemory<byte> Body = default, bool MoreBody = false) : Event("http.request")
{
    /// <summary>The request without a body.</summary>
    public static HttpRequest Empty { get; } = new();
}
