using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.AspNetCore;

/// <summary>
/// Lets known users in, and refuses others before a WebSocket is accepted or a request is served: 401 for somebody unknown, 403 for
/// somebody whom the policy does not let in. Stands inside <see cref="AuthMiddleware"/>: <c>AuthStack.Wrap(RequireUser.Wrap(app))</c>.
/// </summary>
public sealed class RequireUser : ApplicationMiddleware
{
    private readonly string? _policy;
    private readonly AspNetCoreSite? _site;

    private RequireUser(Application inner, string? policy, AspNetCoreSite? site)
        : base(inner) => (_policy, _site) = (policy, site);

    /// <inheritdoc/>
    public override string Description => _policy is null ? nameof(RequireUser) : $"{nameof(RequireUser)} '{_policy}'";

    /// <summary>Puts the demand around an application.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="policy">The policy (<c>services.AddAuthorization()</c>) that must let the user in; its resource is the scope. Null: any known user.</param>
    /// <param name="site">Whose services have the policy. Null for the host's.</param>
    public static ApplicationMiddleware Wrap(Application inner, string? policy = null, AspNetCoreSite? site = null) => new RequireUser(inner, policy, site);

    /// <inheritdoc/>
    public override void Prepare(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (_policy is not null && _site is null && !services.Has<IAuthorizationService>())
        {
            throw new InvalidOperationException($"nobody knows the policy '{_policy}': call builder.Services.AddAuthorization() with it, or name the site whose policy is meant");
        }
    }

    /// <inheritdoc/>
    public override Task InvokeAsync(Scope scope, Receive receive, Send send) => scope switch
    {
        not RequestScope => Inner(scope, receive, send),
        { User.Identity.IsAuthenticated: true } when _policy is null => Inner(scope, receive, send),
        { User.Identity.IsAuthenticated: true } => AskAsync(scope, receive, send),
        _ => RefuseAsync(scope, receive, send, 401),
    };

    private async Task AskAsync(Scope scope, Receive receive, Send send)
    {
        if (await IsAllowedAsync(scope))
        {
            await Inner(scope, receive, send);
        }
        else
        {
            await RefuseAsync(scope, receive, send, 403);
        }
    }

    private async Task<bool> IsAllowedAsync(Scope scope)
    {
        await using var services = (_site?.Services ?? scope.Services).CreateAsyncScope();
        var authorization = services.ServiceProvider.GetRequiredService<IAuthorizationService>();
        return (await authorization.AuthorizeAsync(scope.GetUser(), scope, _policy!)).Succeeded; // asked only with a policy
    }

    /// <summary>Refuses a handshake.</summary>
    internal static async ValueTask DenyAsync(Send send, int status)
    {
        await send(new WebSocketDenialStart(status));
        await send(new WebSocketDenialBody());
    }

    private static async Task RefuseAsync(Scope scope, Receive receive, Send send, int status)
    {
        if (scope is HttpScope)
        {
            await Respond.TextAsync(send, status == 401 ? "Unauthorized" : "Forbidden", status);
        }
        else if (await receive() is not WebSocketDisconnect)
        {
            await DenyAsync(send, status);
        }
    }
}
