namespace Channels;

/// <summary>One HTTP request and its response (ASGI HTTP scope).</summary>
public sealed record HttpScope() : RequestScope("http")
{
    /// <summary>The method in upper case.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>The server's side of this request, for what the server offers beyond events; null elsewhere, as in a test.</summary>
    internal object? Exchange { get; init; }
}
