using Microsoft.AspNetCore.Http;

namespace Channels.AspNetCore;

/// <summary>Cookies of requests and responses, by ASP.NET Core's rules.</summary>
public static class CookieExtensions
{
    /// <summary>The request's cookies, parsed at each call; no middleware is needed. Unreadable parts are left out.</summary>
    /// <param name="scope">An HTTP request or a WebSocket.</param>
    public static IRequestCookieCollection GetCookies(this RequestScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return ContextFactory.Cookies(scope);
    }

    /// <summary>Adds a cookie to the headers of an <see cref="HttpResponseStart"/> or a <see cref="WebSocketAccept"/>.</summary>
    /// <param name="headers">The headers.</param>
    /// <param name="name">The cookie's name.</param>
    /// <param name="value">The value; encoded where it holds what a cookie must not.</param>
    /// <param name="options">Life and attributes. Null for a cookie of the browser's session with path <c>/</c> and <c>SameSite=Lax</c>.</param>
    /// <exception cref="ArgumentException">The name is no token, or path or domain hold what they must not.</exception>
    public static void SetCookie(this HeaderList headers, string name, string value, CookieOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        var cookie = (options ?? new CookieOptions { SameSite = SameSiteMode.Lax }).CreateCookieHeader(name, Uri.EscapeDataString(value));
        headers.Add("set-cookie", cookie.ToString());
    }

    /// <summary>Lets the browser forget a cookie.</summary>
    /// <param name="headers">The headers.</param>
    /// <param name="name">The cookie's name.</param>
    /// <param name="options">Path and domain that it was set with. Null for path <c>/</c>.</param>
    public static void DeleteCookie(this HeaderList headers, string name, CookieOptions? options = null) =>
        headers.SetCookie(name, "", new CookieOptions(options ?? new()) { Expires = DateTimeOffset.UnixEpoch, MaxAge = TimeSpan.Zero });
}
