namespace Channels;

/// <summary>
/// Lets in WebSockets of listed origins only and refuses the others with 403, in place of the server's own rule (the
/// origin must be the request's host) for everything below it: <c>OriginValidator.Wrap(app, "https://example.com")</c>.
/// </summary>
/// <remarks>
/// <para>Entries are hosts (<c>example.com</c>; scheme and port do not matter), origins (<c>https://example.com:8443</c>;
/// scheme and port must be equal), either of them with a leading dot for a domain and its subdomains
/// (<c>.example.com</c>, <c>https://.example.com</c>), or <c>*</c> for anything, a missing origin included. Hosts are
/// compared in ASCII form without regard to case. An entry that can never match is logged at start.</para>
/// <para>A request with several <c>Origin</c> headers is refused; a scope that is no WebSocket is an
/// <see cref="UnsupportedScopeException"/>. Thread-safe.</para>
/// </remarks>
public static class OriginValidator
{
    /// <summary>Puts the check around an application; a missing origin is refused.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="allowed">The allowed origins; an empty list refuses everything.</param>
    /// <exception cref="ArgumentNullException">An argument or an entry is null.</exception>
    public static ApplicationMiddleware Wrap(Application inner, params string[] allowed) => Wrap(inner, MissingOrigin.Refuse, allowed);

    /// <summary>Puts the check around an application.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="missing">What happens without an <c>Origin</c> header.</param>
    /// <param name="allowed">The allowed origins; an empty list refuses everything.</param>
    /// <exception cref="ArgumentNullException">An argument or an entry is null.</exception>
    public static ApplicationMiddleware Wrap(Application inner, MissingOrigin missing, params string[] allowed)
    {
        var policy = OriginPolicy.AnyOf(allowed, missing);
        return new OriginMiddleware(inner, nameof(OriginValidator), _ => policy);
    }
}
