namespace Channels;

/// <summary>One HTTP request and its response (ASGI HTTP scope).</summary>
public sealed record HttpScope() : RequestScope("http")
{
    /// <summary>The method in upper case.</summary>
    public string Method { get; init; } = "GET";
}
