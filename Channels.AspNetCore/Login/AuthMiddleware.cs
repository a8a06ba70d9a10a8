using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.AspNetCore;

/// <summary>
/// Finds out by ASP.NET Core's authentication (<c>services.AddAuthentication()</c>) who is at the other end: cookies, bearer tokens,
/// certificates, whatever a scheme knows. The application finds the user in <see cref="Scope.User"/>; somebody unknown is a
/// principal that is not authenticated, never null and never an error.
/// </summary>
/// <remarks>
/// <para>A user whom somebody above has found, such as the site that the application is mounted in, is kept.</para>
/// <para>A WebSocket is closed with <see cref="Users.LoginEndedCode"/> when its login expires, unless it is renewed
/// (<see cref="Users.RenewAsync"/>, <see cref="LoginExtensions.RefreshLoginAsync"/>), and it is reached by <see cref="Users"/>.</para>
/// </remarks>
public sealed class AuthMiddleware : ApplicationMiddleware
{
    private readonly AuthOptions _options;
    private LoginLog? _log;

    private AuthMiddleware(Application inner, AuthOptions options)
        : base(inner) => _options = options;

    /// <summary>Puts authentication around an application.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="options">Schemes, tokens and names. Null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="AuthOptions.RevalidateEvery"/> is negative, or longer than a timer takes.</exception>
    public static ApplicationMiddleware Wrap(Application inner, AuthOptions? options = null)
    {
        options ??= new AuthOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.RevalidateEvery, TimeSpan.Zero, nameof(AuthOptions.RevalidateEvery));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.RevalidateEvery, LoginLease.LongestWait, nameof(AuthOptions.RevalidateEvery));
        return new AuthMiddleware(inner, options);
    }

    /// <inheritdoc/>
    public override void Prepare(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (_options.Site is null && !services.Has<IAuthenticationService>())
        {
            throw new InvalidOperationException("there is no authentication: call builder.Services.AddAuthentication() with a scheme, or set AuthOptions.Site to the site whose schemes are meant");
        }
    }

    /// <inheritdoc/>
    public override Task InvokeAsync(Scope scope, Receive receive, Send send) => scope switch
    {
        WebSocketScope socket => ServeAsync(socket, receive, send),
        HttpScope request => ServeAsync(request, receive, send),
        _ => Inner(scope, receive, send),
    };

    private async Task ServeAsync(WebSocketScope scope, Receive receive, Send send)
    {
        var authentication = new Authentication(_options, TokenCarrier.Take(_options, ref scope));
        var found = await authentication.FindUserAsync(scope);
        var time = scope.Services.GetService<TimeProvider>() ?? TimeProvider.System;
        var facts = scope;
        using var lease = new LoginLease(time, LogOf(scope), send, found, _options.RevalidateEvery, () => authentication.IsStillGoodAsync(facts));
        var known = (scope with { User = found.User }).With(Authentication.Key, authentication).With(ConnectionLease.Key, lease);
        await Inner(scope.TryGet(Users.Names, out _) ? known : known.With(Users.Names, authentication.NamesOf(found.User)), receive, send);
    }

    // Of several first connections at the same moment one makes it, or each would begin an episode.
    private LoginLog LogOf(Scope scope) => _log ?? Interlocked.CompareExchange(ref _log, new(scope.Services), null) ?? _log;

    private async Task ServeAsync(HttpScope scope, Receive receive, Send send)
    {
        var authentication = new Authentication(_options, TokenCarrier.Take(_options, ref scope));
        await using var services = authentication.ServicesFor(scope).CreateAsyncScope();
        var (context, response) = authentication.CreateContext(scope, services.ServiceProvider);
        AmbientContext.Enter(context);
        var found = await authentication.FindUserAsync(scope, context);
        await Inner((scope with { User = found.User }).With(Authentication.Key, authentication).With(ContextFactory.Key, context), receive, SendAsync);

        // A cookie that was set or renewed meanwhile goes with the response.
        async ValueTask SendAsync(Event message, CancellationToken cancellationToken)
        {
            if (message is HttpResponseStart start && !response.HasStarted)
            {
                message = start with { Headers = await response.StartAsync(start.Headers) };
            }

            await send(message, cancellationToken);
        }
    }
}
