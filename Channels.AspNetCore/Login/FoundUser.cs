using System.Security.Claims;

namespace Channels.AspNetCore;

/// <summary>Who is at the other end.</summary>
/// <param name="User">The user; not authenticated for somebody unknown.</param>
/// <param name="Expires">When the login ends; null for never.</param>
/// <param name="Schemes">The schemes that know the user, and can tell later whether the login is still good; null among them is the default one. None when nobody can tell.</param>
/// <param name="IsByCookie">Whether cookies alone have told. Each request brings them, so that asking twice costs nothing; a token may be good for one question.</param>
internal readonly record struct FoundUser(ClaimsPrincipal User, DateTimeOffset? Expires, IReadOnlyList<string?> Schemes, bool IsByCookie)
{
    /// <summary>Somebody unknown.</summary>
    public static FoundUser Nobody => OfElsewhere(new ClaimsPrincipal(new ClaimsIdentity()));

    /// <summary>Whether it is a known user.</summary>
    public bool IsKnown => User.Identity is { IsAuthenticated: true };

    /// <summary>A user whom no scheme has found.</summary>
    public static FoundUser OfElsewhere(ClaimsPrincipal user) => new(user, null, [], IsByCookie: false);
}
