using System.Security.Claims;

namespace Channels.AspNetCore;

/// <summary>How <see cref="AuthMiddleware"/> finds out who is at the other end. Set in code, where the application is put together.</summary>
public sealed class AuthOptions
{
    /// <summary>The authentication schemes to ask, in this order; the first that knows the user counts. Default none: the default scheme.</summary>
    public IList<string> Schemes { get; init; } = [];

    /// <summary>
    /// The query parameter in which browsers send a bearer token, because they cannot set headers, for example
    /// <c>access_token</c>; an <c>Authorization</c> header goes before it. It is taken out of the scope's query. Default null: none.
    /// </summary>
    /// <remarks>Proxies and sites write addresses into their logs; a subprotocol stands in none (<see cref="TokenSubprotocolPrefix"/>).</remarks>
    public string? TokenQueryParameter { get; init; }

    /// <summary>
    /// What the offered subprotocol begins with in which browsers send a bearer token, for example <c>bearer.</c> for
    /// <c>new WebSocket(url, ["chat", "bearer." + token])</c>. It is taken out of the scope's subprotocols, so that the
    /// application cannot accept it and the answer never holds it. Default null: none.
    /// </summary>
    public string? TokenSubprotocolPrefix { get; init; }

    /// <summary>
    /// The names under which <see cref="Users"/> reaches a user's WebSockets, for example user, tenant and device. Default: the
    /// claim <see cref="ClaimTypes.NameIdentifier"/> or <c>sub</c>, else the identity's name.
    /// </summary>
    public Func<ClaimsPrincipal, IEnumerable<string>> Names { get; init; } = DefaultNames;

    /// <summary>
    /// How often the login of an open WebSocket is asked for again, as at a request: a cookie whose security stamp ASP.NET
    /// Core Identity no longer takes, or a token whose key is gone, closes the socket. Default zero: never. Identity itself asks its
    /// database every 30 minutes (<c>SecurityStampValidatorOptions.ValidationInterval</c>), so oftener is of no use there.
    /// Above zero a login is also asked for once more before its handshake is accepted, when the socket can be reached by
    /// <see cref="Users"/>, so that no revocation is missed in between; cookies always are.
    /// </summary>
    public TimeSpan RevalidateEvery { get; init; }

    /// <summary>The site whose schemes and sessions are meant, when they are registered with its services. Default null: those of the host.</summary>
    public AspNetCoreSite? Site { get; init; }

    private static IEnumerable<string> DefaultNames(ClaimsPrincipal user) =>
        (user.FindFirstValue(ClaimTypes.NameIdentifier) ?? user.FindFirstValue("sub") ?? user.Identity?.Name) is { Length: > 0 } name ? [name] : [];
}
