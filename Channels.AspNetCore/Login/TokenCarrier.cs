namespace Channels.AspNetCore;

/// <summary>Takes a token from where browsers can put one, and takes it out of what the application sees.</summary>
internal static class TokenCarrier
{
    /// <summary>The token; null when there is none, or when the request has an <c>Authorization</c> header.</summary>
    /// <param name="options">Where tokens may be.</param>
    /// <param name="scope">The connection; afterwards without the token.</param>
    public static string? Take<TScope>(AuthOptions options, ref TScope scope)
        where TScope : RequestScope
    {
        string? token = null;
        if (options.TokenSubprotocolPrefix is { Length: > 0 } prefix && scope is WebSocketScope { Subprotocols.Count: > 0 } socket)
        {
            token = socket.Subprotocols.FirstOrDefault(offered => offered.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];
            scope = (TScope)(RequestScope)(socket with { Subprotocols = [.. socket.Subprotocols.Where(offered => !offered.StartsWith(prefix, StringComparison.Ordinal))] });
        }

        if (options.TokenQueryParameter is { Length: > 0 } name && scope.QueryString.Length > 0)
        {
            var parts = scope.QueryString.Split('&').ToLookup(part => Uri.UnescapeDataString(part.Split('=', 2)[0]) == name);
            if (parts[true].FirstOrDefault() is { } part)
            {
                token ??= part.Split('=', 2) is [_, var value] ? Uri.UnescapeDataString(value) : null;
                scope = (TScope)(scope with { QueryString = string.Join('&', parts[false]) });
            }
        }

        return string.IsNullOrEmpty(token) || !HeaderText.IsValue(token) || scope.Headers["authorization"] is not null ? null : token;
    }
}
