using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.AspNetCore;

/// <summary>Asks ASP.NET Core's schemes who is at the other end of one connection. One call at a time.</summary>
/// <param name="options">Which ones.</param>
/// <param name="token">The bearer token that came with the address or a subprotocol; null for none.</param>
internal sealed class Authentication(AuthOptions options, string? token)
{
    private volatile string? _token = token;

    /// <summary>Where it stands in the scope, for those who log in and out.</summary>
    public static ScopeKey<Authentication> Key { get; } = new("authentication");

    /// <summary>The names under which the user's connections are reached.</summary>
    public IReadOnlyList<string> NamesOf(ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true } ? [.. options.Names(user).Distinct(StringComparer.Ordinal)] : [];

    /// <summary>Services of the schemes.</summary>
    public IServiceProvider ServicesFor(Scope scope) => options.Site?.Services ?? scope.Services;

    /// <summary>A context in which the schemes are asked.</summary>
    public (DefaultHttpContext Context, DetachedResponse Response) CreateContext(RequestScope scope, IServiceProvider services) => ContextFactory.Create(scope, services, _token);

    /// <summary>The user of a connection. Services for the question end with it, so that an idle socket keeps none.</summary>
    public async ValueTask<FoundUser> FindUserAsync(RequestScope scope) => FindAbove(scope) ?? await AskAsync(scope, _token);

    /// <summary>As <see cref="FindUserAsync(RequestScope)"/>, in a context that lives on.</summary>
    public async ValueTask<FoundUser> FindUserAsync(RequestScope scope, HttpContext context) => FindAbove(scope) ?? await AskAsync(context);

    /// <summary>Whether the login is still good: asked as at a new request.</summary>
    public async Task<bool> IsStillGoodAsync(RequestScope scope) => (await AskAsync(scope, _token)).IsKnown;

    /// <summary>The user of a new token, which stands for the connection from now on when some scheme takes it.</summary>
    public async Task<FoundUser> RefreshAsync(RequestScope scope, string newToken)
    {
        var found = await AskAsync(scope, newToken);
        if (found.IsKnown)
        {
            _token = newToken;
        }

        return found;
    }

    // A site knows until when, and what its schemes know they can be asked again; other middleware may have other sources.
    private static FoundUser? FindAbove(RequestScope scope) => scope.User is not { Identity.IsAuthenticated: true } user ? null
        : scope.GetHttpContext()?.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult is { Succeeded: true } result ? new(user, result.Properties?.ExpiresUtc, CanBeAskedAgain: true)
        : new(user, null, CanBeAskedAgain: false);

    private async ValueTask<FoundUser> AskAsync(RequestScope scope, string? with)
    {
        await using var services = ServicesFor(scope).CreateAsyncScope();
        return await AskAsync(ContextFactory.Create(scope, services.ServiceProvider, with).Context);
    }

    private async ValueTask<FoundUser> AskAsync(HttpContext context)
    {
        AmbientContext.Enter(context);
        string?[] schemes = options.Schemes.Count > 0 ? [.. options.Schemes] : [null]; // null is the default one
        foreach (var scheme in schemes)
        {
            var result = await context.AuthenticateAsync(scheme);
            if (result is { Succeeded: true, Principal.Identity.IsAuthenticated: true })
            {
                return new(result.Principal, result.Properties?.ExpiresUtc, CanBeAskedAgain: true);
            }
        }

        return FoundUser.Nobody;
    }
}
