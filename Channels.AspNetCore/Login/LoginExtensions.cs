using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Channels.AspNetCore;

/// <summary>Logging in and out from consumers and functions below an <see cref="AuthMiddleware"/>.</summary>
public static class LoginExtensions
{
    /// <summary>Who is at the other end: <see cref="Scope.User"/>, or a principal that is not authenticated where no middleware has set it.</summary>
    /// <param name="scope">The scope.</param>
    public static ClaimsPrincipal GetUser(this Scope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.User ?? FoundUser.Nobody.User;
    }

    /// <summary>Logs a user in by HTTP: the scheme's cookie goes with the response, whose start must not have been sent.</summary>
    /// <param name="scope">The request.</param>
    /// <param name="user">The user.</param>
    /// <param name="properties">Life and persistence of the login. Null for the scheme's.</param>
    /// <param name="scheme">The scheme. Null for the default one.</param>
    /// <returns>The scope with the user.</returns>
    /// <exception cref="ArgumentException">The user is not authenticated.</exception>
    /// <exception cref="InvalidOperationException">No <see cref="AuthMiddleware"/> stands above, or the response has started.</exception>
    public static async Task<HttpScope> LoginAsync(this HttpScope scope, ClaimsPrincipal user, AuthenticationProperties? properties = null, string? scheme = null)
    {
        ThrowIfUnknown(user);
        await Context(scope).SignInAsync(scheme, user, properties);
        return scope with { User = user };
    }

    /// <summary>Logs out by HTTP: the scheme's cookie is deleted with the response, whose start must not have been sent, and the session is emptied if there is one.</summary>
    /// <param name="scope">The request.</param>
    /// <param name="scheme">The scheme. Null for the default one.</param>
    /// <returns>The scope with a user that is not authenticated.</returns>
    /// <exception cref="InvalidOperationException">No <see cref="AuthMiddleware"/> stands above, or the response has started.</exception>
    public static async Task<HttpScope> LogoutAsync(this HttpScope scope, string? scheme = null)
    {
        await Context(scope).SignOutAsync(scheme);
        if (scope.TryGet(SessionMiddleware.Key, out var session))
        {
            await session.LoadAsync(scope.Aborted);
            if (session.Keys.Any())
            {
                session.Clear();
            }
        }

        return scope with { User = FoundUser.Nobody.User };
    }

    /// <summary>
    /// Logs a user in from a consumer: <c>await this.LoginAsync(user)</c>. Over HTTP as
    /// <see cref="LoginAsync(HttpScope, ClaimsPrincipal, AuthenticationProperties, string)"/>. A WebSocket can set no cookie: there the
    /// login holds for this connection, which is reached under the user's names from now on.
    /// </summary>
    /// <param name="consumer">The consumer, inside one of its handlers.</param>
    /// <param name="user">The user.</param>
    /// <param name="properties">Life and persistence of the login. Null for the scheme's; on a WebSocket, for one that does not end.</param>
    /// <param name="scheme">The scheme, for HTTP. Null for the default one.</param>
    /// <exception cref="ArgumentException">The user is not authenticated.</exception>
    /// <exception cref="InvalidOperationException">No <see cref="AuthMiddleware"/> stands above, or the response has started.</exception>
    public static async Task LoginAsync(this Consumer consumer, ClaimsPrincipal user, AuthenticationProperties? properties = null, string? scheme = null)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        ThrowIfUnknown(user);
        await ChangeAsync(consumer, consumer.Scope is HttpScope request ? await request.LoginAsync(user, properties, scheme) : consumer.Scope with { User = user }, FoundUser.OfElsewhere(user) with { Expires = properties?.ExpiresUtc });
    }

    /// <summary>Logs out from a consumer: <c>await this.LogoutAsync()</c>. A WebSocket stays open, without a user and without the user's names.</summary>
    /// <param name="consumer">The consumer, inside one of its handlers.</param>
    /// <param name="scheme">The scheme, for HTTP. Null for the default one.</param>
    /// <exception cref="InvalidOperationException">No <see cref="AuthMiddleware"/> stands above, or the response has started.</exception>
    public static async Task LogoutAsync(this Consumer consumer, string? scheme = null)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        await ChangeAsync(consumer, consumer.Scope is HttpScope request ? await request.LogoutAsync(scheme) : consumer.Scope with { User = FoundUser.Nobody.User }, FoundUser.Nobody);
    }

    /// <summary>
    /// Renews the login of a WebSocket by a new bearer token that the peer has sent as a message: the connection ends when
    /// that token does, and is reached under the names of its user.
    /// </summary>
    /// <param name="consumer">The consumer, inside one of its handlers.</param>
    /// <param name="token">The token.</param>
    /// <returns>False when no scheme takes the token; then nothing has changed.</returns>
    /// <exception cref="InvalidOperationException">No <see cref="AuthMiddleware"/> stands above.</exception>
    public static async Task<bool> RefreshLoginAsync(this WebSocketConsumer consumer, string token)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        ArgumentNullException.ThrowIfNull(token);
        var authentication = Find(consumer.Scope);
        if (!HeaderText.IsValue(token) || await authentication.RefreshAsync(consumer.Scope, token) is not { IsKnown: true } found)
        {
            return false;
        }

        await ConsumerMemberships.ChangeUserAsync(consumer, (consumer.Scope with { User = found.User }).With(Users.Names, authentication.NamesOf(found.User)));
        Lease(consumer.Scope)?.Replace(found);
        return true;
    }

    private static async Task ChangeAsync(Consumer consumer, Scope scope, FoundUser login)
    {
        await ConsumerMemberships.ChangeUserAsync(consumer, scope.With(Users.Names, Find(scope).NamesOf(scope.GetUser())));
        Lease(scope)?.Replace(login);
    }

    private static LoginLease? Lease(Scope scope) => scope.TryGet(ConnectionLease.Key, out var lease) ? lease as LoginLease : null;

    private static Authentication Find(Scope scope) => scope.TryGet(Authentication.Key, out var authentication) ? authentication : throw NoMiddleware();

    private static HttpContext Context(HttpScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var context = scope.TryGet(ContextFactory.Key, out var found) ? found : throw NoMiddleware();
        return context.Response.HasStarted ? throw new InvalidOperationException("The response has started, and its cookies with it: log in and out before HttpResponseStart is sent.") : context;
    }

    private static InvalidOperationException NoMiddleware() => new("Logging in and out needs AuthMiddleware above the application: put AuthStack.Wrap or AuthMiddleware.Wrap around it.");

    private static void ThrowIfUnknown(ClaimsPrincipal user)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (user.Identity is not { IsAuthenticated: true })
        {
            throw new ArgumentException("The user is not authenticated: give its ClaimsIdentity an authentication type, or call LogoutAsync.", nameof(user));
        }
    }
}
