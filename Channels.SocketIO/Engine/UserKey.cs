using System.Security.Claims;

namespace Channels.SocketIO;

/// <summary>What tells one user from another.</summary>
internal static class UserKey
{
    /// <summary>The user's name identifier, or else the name; null for nobody in particular.</summary>
    public static string? Of(ClaimsPrincipal? user) =>
        user?.Identity is { IsAuthenticated: true } identity ? user.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? identity.Name ?? "" : null;
}
