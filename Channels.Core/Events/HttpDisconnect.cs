namespace Channels;

/// <summary>The client went away, or the response is complete (ASGI <c>http.disconnect</c>).</summary>
public sealed record HttpDisconnect() : Event("http.disconnect")
{
    /// <summary>The only instance anyone needs; the event has no content.</summary>
    public static HttpDisconnect Instance { get; } = new();
}
