using Microsoft.AspNetCore.Http;

namespace Channels.AspNetCore;

/// <summary>What a scope knows of the ASP.NET Core request behind it.</summary>
public static class HttpContextExtensions
{
    internal static ScopeKey<HttpContext> Key { get; } = new("HttpContext");

    /// <summary>
    /// The request of the site that the application is mounted in by <c>MapChannels</c>, with everything that the site's
    /// middleware has put there: <see cref="HttpContext.Items"/>, the endpoint, the session. Null on a server of our own, and
    /// in a test without a site.
    /// </summary>
    /// <remarks>
    /// It lives as long as the request, for a WebSocket as long as the socket. It is not thread-safe, and its response belongs to
    /// the application's own events: nothing is to be written there. Services that live longer than one message come from
    /// <see cref="Scope.Services"/>.
    /// </remarks>
    /// <param name="scope">The scope.</param>
    public static HttpContext? GetHttpContext(this Scope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.TryGet(Key, out var context) ? context : null;
    }
}
