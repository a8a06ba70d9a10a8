using System.Security.Claims;

namespace Channels.AspNetCore;

/// <summary>Who is at the other end.</summary>
/// <param name="User">The user; not authenticated for somebody unknown.</param>
/// <param name="Expires">When the login ends; null for never.</param>
/// <param name="CanBeAskedAgain">Whether the schemes know the user, and can tell later whether the login is still good.</param>
internal readonly record struct FoundUser(ClaimsPrincipal User, DateTimeOffset? Expires, bool CanBeAskedAgain)
{
    /// <summary>Somebody unknown.</summary>
    public static FoundUser Nobody => new(new ClaimsPrincipal(new ClaimsIdentity()), null, CanBeAskedAgain: false);

    /// <summary>Whether it is a known user.</summary>
    public bool IsKnown => User.Identity is { IsAuthenticated: true };
}
