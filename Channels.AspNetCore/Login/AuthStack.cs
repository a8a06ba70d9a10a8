namespace Channels.AspNetCore;

/// <summary>
/// Session and user together, as Channels' <c>AuthMiddlewareStack</c>: <see cref="SessionMiddleware"/> around
/// <see cref="AuthMiddleware"/>. Where a site has no sessions, <see cref="AuthMiddleware"/> alone is enough.
/// </summary>
public static class AuthStack
{
    /// <summary>Puts session and authentication around an application.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="options">Schemes, tokens and names. Null for the defaults.</param>
    public static ApplicationMiddleware Wrap(Application inner, AuthOptions? options = null) =>
        SessionMiddleware.Wrap(AuthMiddleware.Wrap(inner, options), options?.Site);
}
