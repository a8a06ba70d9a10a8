namespace Channels.Extending;

/// <summary>
/// Which origins may open a WebSocket (cross-site WebSocket hijacking). Immutable and thread-safe; nothing a peer
/// writes makes it throw.
/// </summary>
public sealed record OriginPolicy
{
    private readonly Func<string, IHeaders, string?> _judge;
    private readonly bool _missingAllowed;

    private OriginPolicy(bool missingAllowed, Func<string, IHeaders, string?> judge) => (_missingAllowed, _judge) = (missingAllowed, judge);

    /// <summary>Entries of a list that can never match, with what to write instead.</summary>
    internal IReadOnlyList<(string Entry, string Remedy)> Useless { get; init; } = [];

    /// <summary>The server's own rule: the origin must be the host to which the request was sent.</summary>
    /// <param name="missing">What happens without an <c>Origin</c> header.</param>
    /// <remarks>
    /// Hosts are compared in ASCII form without regard to case, and ports as numbers. The scheme is not compared, because
    /// behind a proxy that ends TLS the server cannot know it; a port missing in <c>Host</c> is therefore the default port
    /// of the origin's scheme. <c>null</c>, empty text, <c>file://</c>, user information, a path, unparsable text and
    /// schemes other than http, https, ws and wss are never the same host, nor is anything when <c>Host</c> was not sent
    /// exactly once.
    /// </remarks>
    public static OriginPolicy SameHost(MissingOrigin missing = MissingOrigin.Refuse) => new(
        missing == MissingOrigin.Allow,
        (origin, headers) => headers.GetValues("host") is [var host] && IsSameHost(origin, host) ? null : "is not the host of the request");

    /// <summary>A list of origins, written as for <see cref="OriginValidator"/>.</summary>
    /// <param name="entries">The allowed origins; an empty list refuses everything that names an origin.</param>
    /// <param name="missing">What happens without an <c>Origin</c> header; <c>*</c> in the list allows it in any case.</param>
    /// <param name="starIsSubdomains">Whether <c>*.example.com</c> means the subdomains, as in <see cref="AllowedHosts"/>; otherwise it never matches.</param>
    /// <exception cref="ArgumentNullException">The list or an entry is null.</exception>
    public static OriginPolicy AnyOf(IEnumerable<string> entries, MissingOrigin missing = MissingOrigin.Refuse, bool starIsSubdomains = false)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var anything = false;
        var patterns = new List<OriginPattern>();
        var useless = new List<(string, string)>();
        foreach (var entry in entries)
        {
            ArgumentNullException.ThrowIfNull(entry, nameof(entries));
            if (entry == "*")
            {
                anything = true;
            }
            else if (OriginPattern.TryParse(entry, starIsSubdomains, out var remedy) is { } pattern)
            {
                patterns.Add(pattern);
            }
            else
            {
                useless.Add((entry, remedy));
            }
        }

        return new(anything || missing == MissingOrigin.Allow, (text, _) =>
            OriginAddress.TryParse(text, out var origin, out var malformed)
                ? anything || patterns.Exists(pattern => pattern.Matches(origin)) ? null : "is not allowed"
                : malformed ? "is malformed" : anything ? null : "names no host")
        { Useless = useless };
    }

    /// <summary>Why the origin of a request is refused, as the end of a sentence that begins with "its origin"; null when it is let in.</summary>
    /// <param name="headers">The request's headers.</param>
    /// <exception cref="ArgumentNullException"><paramref name="headers"/> is null.</exception>
    public string? FindRefusal(IHeaders headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        return headers.GetValues("origin") switch
        {
            [] => _missingAllowed ? null : "is missing",
            [var origin] => _judge(origin, headers),
            _ => "was sent more than once", // two parsers might choose different ones
        };
    }

    private static bool IsSameHost(string origin, string host) =>
        OriginAddress.TryParse(origin, out var from, out _) && from.IsExact && OriginAddress.DefaultPort(from.Scheme) is { } standard &&
        OriginAddress.TrySplit(host, out var name, out var port) &&
        from.Host == name && from.EffectivePort is { } number && number >= 0 && number == (port ?? standard);
}
