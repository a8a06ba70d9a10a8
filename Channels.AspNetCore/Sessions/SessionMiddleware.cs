using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Channels.AspNetCore;

/// <summary>
/// Gives applications the session of ASP.NET Core (<c>services.AddSession()</c>): the same store, cookie and keys, so that a site and
/// the sockets beside it see one session. <c>Scope.GetSession()</c> gives it.
/// </summary>
/// <remarks>
/// <para>A request's session is saved when its response starts, unless the status is 500, and the cookie of a new one goes with
/// it. A WebSocket's session is never saved by itself: call <see cref="ISession.CommitAsync"/>. Its handshake cannot set the cookie
/// of a new session, so writing to a session that the browser does not have yet throws.</para>
/// <para>It is loaded when it is first looked at; <see cref="ISession.LoadAsync"/> does so without blocking a thread. In a site
/// that uses sessions itself (<c>app.UseSession()</c>) a mounted application sees the site's.</para>
/// </remarks>
public sealed class SessionMiddleware : ApplicationMiddleware
{
    private readonly AspNetCoreSite? _site;

    private SessionMiddleware(Application inner, AspNetCoreSite? site)
        : base(inner) => _site = site;

    internal static ScopeKey<ISession> Key { get; } = new("session");

    /// <summary>Puts the session around an application.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="site">Whose services have the session. Null for the host's.</param>
    public static ApplicationMiddleware Wrap(Application inner, AspNetCoreSite? site = null) => new SessionMiddleware(inner, site);

    /// <inheritdoc/>
    public override void Prepare(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (_site is null && !services.Has<ISessionStore>())
        {
            throw new InvalidOperationException("there are no sessions: call builder.Services.AddSession() and a cache such as AddDistributedMemoryCache(), or name the site whose sessions are meant");
        }
    }

    /// <inheritdoc/>
    public override Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        if (scope is not RequestScope request || scope.TryGet(Key, out _))
        {
            return Inner(scope, receive, send); // one above has opened it
        }

        if (request.GetHttpContext()?.Features.Get<ISessionFeature>()?.Session is { } ofSite)
        {
            return Inner(request.With(Key, ofSite), receive, send);
        }

        var opened = new OpenedSession(request, _site?.Services ?? request.Services);
        return Inner(request.With(Key, opened.Session), receive, request is HttpScope ? opened.SaveBefore(send) : send);
    }

    /// <summary>The session of one connection.</summary>
    private sealed class OpenedSession
    {
        // What ASP.NET Core's own middleware calls it, so that one opens what the other has closed.
        private const string Purpose = "SessionMiddleware";
        private const int KeyLength = 36; // of a GUID as text

        private readonly SessionOptions _options;
        private readonly IDataProtector _protector;
        private readonly RequestScope _scope;
        private readonly string _key;
        private readonly bool _isNew;
        private bool _isEstablished;
        private bool _started;

        public OpenedSession(RequestScope scope, IServiceProvider services)
        {
            _scope = scope;
            _options = services.GetRequiredService<IOptions<SessionOptions>>().Value;
            _protector = services.GetRequiredService<IDataProtectionProvider>().CreateProtector(Purpose);
            var known = Open(scope.GetCookies()[_options.Cookie.Name!]); // the defaults name one
            (_key, _isNew) = known is null ? (new Guid(RandomNumberGenerator.GetBytes(16)).ToString(), true) : (known, false);
            Session = services.GetRequiredService<ISessionStore>().Create(_key, _options.IdleTimeout, _options.IOTimeout, TryEstablish, _isNew);
        }

        public ISession Session { get; }

        public Send SaveBefore(Send send) => async (message, cancellationToken) =>
        {
            if (message is HttpResponseStart start && !_started)
            {
                _started = true;
                message = await SaveAsync(start, cancellationToken);
            }

            await send(message, cancellationToken);
        };

        private async ValueTask<HttpResponseStart> SaveAsync(HttpResponseStart start, CancellationToken cancellationToken)
        {
            if (start.Status == 500 || (_isNew && !_isEstablished))
            {
                return start;
            }

            await Session.CommitAsync(cancellationToken);
            if (!_isEstablished || !_isNew)
            {
                return start;
            }

            var headers = new HeaderList();
            foreach (var (name, value) in start.Headers ?? [])
            {
                headers.Add(name, value);
            }

            headers.SetCookie(_options.Cookie.Name!, Close(_key), _options.Cookie.Build(Context()));
            return start with { Headers = headers };
        }

        // Whether something may be written: into a session that the browser has, or that it is still to be told of.
        private bool TryEstablish() => !_isNew || (_isEstablished = _scope is HttpScope && !_started);

        // Attributes such as Secure follow the request.
        private DefaultHttpContext Context() => ContextFactory.Create(_scope, _scope.Services, token: null).Context;

        // As ASP.NET Core does: base64 without its padding.
        private string Close(string key) => Convert.ToBase64String(_protector.Protect(Encoding.UTF8.GetBytes(key))).TrimEnd('=');

        // Null for whatever is not ours, older than the keys, or damaged: then there is no session yet.
        private string? Open(string? cookie)
        {
            if (string.IsNullOrEmpty(cookie))
            {
                return null;
            }

            try
            {
                var key = Encoding.UTF8.GetString(_protector.Unprotect(Convert.FromBase64String(cookie.PadRight(cookie.Length + ((4 - (cookie.Length % 4)) % 4), '='))));
                return key.Length == KeyLength && Guid.TryParse(key, out _) ? key : null;
            }
            catch (Exception error) when (error is FormatException or CryptographicException)
            {
                return null;
            }
        }
    }
}
