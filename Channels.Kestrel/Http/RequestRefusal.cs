namespace Channels.Kestrel;

/// <summary>Why the server answers a request itself, before any code of the application.</summary>
/// <param name="Status">The response's status.</param>
/// <param name="Text">The body: plain text, nothing the client has sent.</param>
internal sealed record RequestRefusal(int Status, string Text)
{
    public static readonly RequestRefusal UnencodedTarget = new(400, "The request's target holds a character that must be percent-encoded.");
    public static readonly RequestRefusal Tunnel = new(501, "No tunnels are opened here.");
    public static readonly RequestRefusal ForeignHost = new(400, "This host is not served here.");
    public static readonly RequestRefusal BodyTooLong = new(413, "The request body is too long.");
}
