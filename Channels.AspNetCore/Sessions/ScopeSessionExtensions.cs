using Microsoft.AspNetCore.Http;

namespace Channels.AspNetCore;

/// <summary>The session behind a scope.</summary>
public static class ScopeSessionExtensions
{
    /// <summary>The connection's session; see <see cref="SessionMiddleware"/> for when it is saved.</summary>
    /// <param name="scope">The scope.</param>
    /// <exception cref="KeyNotFoundException">No <see cref="SessionMiddleware"/> or <see cref="AuthStack"/> stands above.</exception>
    public static ISession GetSession(this Scope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.Get(SessionMiddleware.Key);
    }
}
