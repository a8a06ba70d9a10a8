namespace Channels.Extending;

/// <summary>
/// The server's own rule about origins: a page may open a WebSocket only to the host it came from (cross-site
/// WebSocket hijacking). Pure functions, safe from any thread; nothing a peer writes makes them throw.
/// </summary>
/// <remarks>
/// Hosts are compared in ASCII form without regard to case, and ports as numbers. The scheme is not compared, because
/// behind a proxy that ends TLS the server cannot know it; a port missing in <c>Host</c> is therefore the default port
/// of the origin's scheme. <c>null</c>, empty text, <c>file://</c>, user information, a path, unparsable text and
/// schemes other than http, https, ws and wss are never the same host.
/// </remarks>
public static class OriginRules
{
    /// <summary>Whether the origin names the host the request was sent to.</summary>
    /// <param name="origin">The <c>Origin</c> header's value; null when it was not sent.</param>
    /// <param name="host">The <c>Host</c> header's value (HTTP/2: <c>:authority</c>); null when it was not sent.</param>
    /// <param name="requireOrigin">
    /// Whether a missing origin is refused. Default false: browsers always send one, devices and servers do not.
    /// </param>
    public static bool IsSameHost(string? origin, string? host, bool requireOrigin = false)
    {
        if (origin is null)
        {
            return !requireOrigin;
        }

        return host is not null &&
            OriginAddress.TryParse(origin, out var from, out _) && from.IsExact && OriginAddress.DefaultPort(from.Scheme) is { } standard &&
            OriginAddress.TrySplit(host, out var name, out var port) &&
            from.Host == name && from.EffectivePort is { } number && number >= 0 && number == (port ?? standard);
    }

    /// <summary>
    /// As <see cref="IsSameHost(string?, string?, bool)"/> for the headers of a request; several <c>Origin</c> or
    /// <c>Host</c> fields are refused (SEC-10).
    /// </summary>
    /// <param name="headers">The request's headers.</param>
    /// <param name="requireOrigin">Whether a missing origin is refused. Default false.</param>
    /// <exception cref="ArgumentNullException"><paramref name="headers"/> is null.</exception>
    public static bool IsSameHost(IHeaders headers, bool requireOrigin = false)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var origins = headers.GetValues("origin");
        var hosts = headers.GetValues("host");
        return origins.Count <= 1 && hosts.Count <= 1 &&
            IsSameHost(origins.Count == 0 ? null : origins[0], hosts.Count == 0 ? null : hosts[0], requireOrigin);
    }
}
