using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.AspNetCore;

/// <summary>Asks ASP.NET Core's schemes who is at the other end of one connection. One call at a time.</summary>
/// <param name="options">Which ones.</param>
/// <param name="token">The bearer token that came with the address or a subprotocol; null for none.</param>
internal sealed class Authentication(AuthOptions options, string? token)
{
    private volatile Login _login = new(token, FoundUser.Nobody);

    /// <summary>Where it stands in the scope, for those who log in and out.</summary>
    public static ScopeKey<Authentication> Key { get; } = new("authentication");

    /// <summary>The names under which the user's connections are reached.</summary>
    public IReadOnlyList<string> NamesOf(ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true } ? [.. options.Names(user).Distinct(StringComparer.Ordinal)] : [];

    /// <summary>Services of the schemes.</summary>
    public IServiceProvider ServicesFor(Scope scope) => options.Site?.Services ?? scope.Services;

    /// <summary>A context in which the schemes are asked.</summary>
    public (DefaultHttpContext Context, DetachedResponse Response) CreateContext(RequestScope scope, IServiceProvider services) => ContextFactory.Create(scope, services, _login.Token);

    /// <summary>The user of a connection. Services for the question end with it, so that an idle socket keeps none.</summary>
    public async ValueTask<FoundUser> FindUserAsync(RequestScope scope) => Remember(await FindAboveAsync(scope) ?? await AskAsync(scope, _login.Token, Schemes));

    /// <summary>As <see cref="FindUserAsync(RequestScope)"/>, in a context that lives on.</summary>
    public async ValueTask<FoundUser> FindUserAsync(RequestScope scope, HttpContext context) => Remember(await FindAboveAsync(scope) ?? await AskAsync(context, Schemes));

    /// <summary>Whether the login is still good: the schemes that knew the user are asked as at a new request.</summary>
    public async Task<bool> IsStillGoodAsync(RequestScope scope)
    {
        var (token, found) = _login;
        return (await AskAsync(scope, token, found.Schemes)).IsKnown;
    }

    /// <summary>The user of a new token, which stands for the connection from now on when some scheme takes it.</summary>
    public async Task<FoundUser> RefreshAsync(RequestScope scope, string newToken)
    {
        var found = await AskAsync(scope, newToken, Schemes);
        if (found.IsKnown)
        {
            _login = new(newToken, found);
        }

        return found;
    }

    private IReadOnlyList<string?> Schemes => options.Schemes.Count > 0 ? [.. options.Schemes] : [null];

    private FoundUser Remember(FoundUser found)
    {
        _login = _login with { Found = found };
        return found;
    }

    // A site knows until when, and what its schemes know they can be asked again; other middleware may have other sources.
    private async ValueTask<FoundUser?> FindAboveAsync(RequestScope scope)
    {
        if (scope.User is not { Identity.IsAuthenticated: true } user)
        {
            return null;
        }

        var ticket = scope.GetHttpContext()?.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Ticket;
        return ticket is null ? FoundUser.OfElsewhere(user) : await DescribeAsync(ServicesFor(scope), user, ticket, Schemes);
    }

    private async ValueTask<FoundUser> AskAsync(RequestScope scope, string? with, IReadOnlyList<string?> schemes)
    {
        await using var services = ServicesFor(scope).CreateAsyncScope();
        return await AskAsync(ContextFactory.Create(scope, services.ServiceProvider, with).Context, schemes);
    }

    private static async ValueTask<FoundUser> AskAsync(HttpContext context, IReadOnlyList<string?> schemes)
    {
        AmbientContext.Enter(context);
        foreach (var scheme in schemes)
        {
            var result = await context.AuthenticateAsync(scheme);
            if (result is { Succeeded: true, Principal.Identity.IsAuthenticated: true })
            {
                return await DescribeAsync(context.RequestServices, result.Principal, result.Ticket, [scheme]);
            }
        }

        return FoundUser.Nobody;
    }

    // An endpoint's policy may have asked other schemes than ours, and joins the names of several in its ticket.
    private static async ValueTask<FoundUser> DescribeAsync(IServiceProvider services, ClaimsPrincipal user, AuthenticationTicket ticket, IReadOnlyList<string?> asked)
    {
        var known = services.GetRequiredService<IAuthenticationSchemeProvider>();
        List<AuthenticationScheme> schemes = [];
        foreach (var name in ticket.AuthenticationScheme.Split(';'))
        {
            if (await known.GetSchemeAsync(name) is { } scheme)
            {
                schemes.Add(scheme);
            }
        }

        return new(
            user,
            ticket.Properties.ExpiresUtc,
            schemes.Count == 0 ? asked : [.. schemes.Select(scheme => scheme.Name)],
            schemes.Count > 0 && schemes.TrueForAll(scheme => scheme.HandlerType.IsAssignableTo(typeof(CookieAuthenticationHandler))));
    }

    /// <summary>What the connection has shown last, and whom that stands for.</summary>
    private sealed record Login(string? Token, FoundUser Found);
}
