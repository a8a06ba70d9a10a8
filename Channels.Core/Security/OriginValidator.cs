namespace Channels;

/// <summary>
/// Lets in WebSockets of listed origins only and refuses the others with 403, in place of the server's own rule
/// (<see cref="OriginRules"/>) for everything below it: <c>OriginValidator.Validate(app, "https://example.com")</c>.
/// </summary>
/// <remarks>
/// <para>Entries are hosts (<c>example.com</c>; scheme and port do not matter), origins (<c>https://example.com:8443</c>;
/// scheme and port must be equal), either of them with a leading dot for a domain and its subdomains
/// (<c>.example.com</c>, <c>https://.example.com</c>), or <c>*</c> for anything, a missing origin included. Hosts are
/// compared in ASCII form without regard to case. An entry that can never match is logged at start.</para>
/// <para>A request with several <c>Origin</c> headers is refused. Thread-safe.</para>
/// </remarks>
public sealed class OriginValidator : ApplicationMiddleware, IOriginValidator
{
    private readonly OriginList _list;

    /// <summary>Puts the check around an application.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="allowed">The allowed origins; an empty list refuses everything.</param>
    /// <param name="missing">What happens without an <c>Origin</c> header. Default: refused.</param>
    /// <exception cref="ArgumentNullException">An argument or an entry is null.</exception>
    public OriginValidator(Application inner, IEnumerable<string> allowed, MissingOrigin missing = MissingOrigin.Refuse)
        : base(inner)
    {
        ArgumentNullException.ThrowIfNull(allowed);
        _list = new OriginList(allowed, missing);
    }

    /// <summary>Puts the check around an application; a missing origin is refused.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="allowed">The allowed origins; an empty list refuses everything.</param>
    public static OriginValidator Validate(Application inner, params string[] allowed) => new(inner, allowed);

    /// <summary>Puts the check around an application.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="missing">What happens without an <c>Origin</c> header.</param>
    /// <param name="allowed">The allowed origins; an empty list refuses everything.</param>
    public static OriginValidator Validate(Application inner, MissingOrigin missing, params string[] allowed) => new(inner, allowed, missing);

    /// <inheritdoc/>
    public override void Prepare(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        OriginDenial.Warn(_list, Description, services);
    }

    /// <summary>Serves one connection.</summary>
    /// <param name="scope">A WebSocket.</param>
    /// <param name="receive">Waits for the next event from the peer.</param>
    /// <param name="send">Sends an event to the peer.</param>
    /// <exception cref="UnsupportedScopeException">The scope is not a WebSocket (C-ORIGIN-07).</exception>
    public override Task InvokeAsync(Scope scope, Receive receive, Send send) => scope is WebSocketScope webSocket
        ? OriginDenial.DecideAsync(_list.FindObjection(webSocket.Headers), Inner, webSocket, receive, send)
        : Task.FromException(new UnsupportedScopeException(Description, scope, "websocket"));
}
