namespace Channels.SocketIO;

/// <summary>Whose pages may use the server, and what their browsers are told (WHATWG Fetch, "CORS protocol"). Immutable.</summary>
internal sealed class CrossOrigin
{
    private readonly OriginPolicy _policy;
    private readonly bool _anybody;
    private readonly bool _credentials;

    public CrossOrigin(EngineIOOptions options)
    {
        IsOn = options.AllowedOrigins.Count > 0;
        _anybody = options.AllowedOrigins.Contains("*");
        _credentials = options.AllowCredentials;
        _policy = IsOn ? OriginPolicy.AnyOf(options.AllowedOrigins, MissingOrigin.Allow) : OriginPolicy.SameHost(MissingOrigin.Allow);
    }

    /// <summary>Whether pages of other origins are let in at all.</summary>
    public bool IsOn { get; }

    /// <summary>Why the request comes from a page that may not send it, as <see cref="OriginPolicy.FindRefusal"/> says; null when it may.</summary>
    public string? FindRefusal(IHeaders request) => _policy.FindRefusal(request);

    /// <summary>What every answer tells the browser.</summary>
    public HeaderList HeadersFor(IHeaders request)
    {
        var headers = new HeaderList();
        if (!IsOn)
        {
            return headers;
        }

        if (_anybody)
        {
            headers.Add("access-control-allow-origin", "*");
            return headers;
        }

        headers.Add("vary", "Origin");
        if (request["origin"] is { } origin && FindRefusal(request) is null)
        {
            headers.Add("access-control-allow-origin", origin);
            if (_credentials)
            {
                headers.Add("access-control-allow-credentials", "true");
            }
        }

        return headers;
    }

    /// <summary>The answer to a browser that asks before it sends.</summary>
    public HeaderList PreflightFor(IHeaders request)
    {
        var headers = HeadersFor(request);
        headers.Add("access-control-allow-methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
        if (request["access-control-request-headers"] is { } asked && HeaderText.IsValue(asked))
        {
            headers.Add("access-control-allow-headers", asked);
            headers.Add("vary", "Access-Control-Request-Headers");
        }

        return headers;
    }
}
