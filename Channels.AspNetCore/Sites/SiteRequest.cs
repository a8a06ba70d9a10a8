using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace Channels.AspNetCore;

/// <summary>Tells a site what the server in front of it has found out about a request. The server resets all of it for the connection's next one.</summary>
internal static class SiteRequest
{
    public static void Complete(HttpScope scope, IFeatureCollection features)
    {
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        if (request.Scheme != scope.Scheme)
        {
            request.Scheme = scope.Scheme;
        }

        if (scope.Headers["host"] is { } host && request.Headers.Host != host)
        {
            request.Headers.Host = host; // a trusted proxy's
        }

        var query = request.QueryString.AsSpan();
        if (!scope.QueryString.AsSpan().SequenceEqual(query is ['?', .. var behind] ? behind : query))
        {
            request.QueryString = scope.QueryString.Length == 0 ? "" : $"?{scope.QueryString}"; // a token was taken out, which the site would log
        }

        if (scope.RootPath.Length > 0)
        {
            Mount(request, scope.RootPath);
        }

        if (scope.Client is { } client && features.Get<IHttpConnectionFeature>() is { } connection && !client.Address.Equals(connection.RemoteIpAddress))
        {
            (connection.RemoteIpAddress, connection.RemotePort) = (client.Address, client.Port);
        }

        if (scope.User is { Identity.IsAuthenticated: true } user)
        {
            features.Set<IHttpAuthenticationFeature>(new HttpAuthenticationFeature { User = user });
        }

        // Registered before anything of the site's, and so called behind it.
        if (scope.TryGet(ContextFactory.Key, out var asked) && asked.Features.Get<IHttpResponseFeature>() is DetachedResponse renewed)
        {
            var response = features.GetRequiredFeature<IHttpResponseFeature>();
            response.OnStarting(_ => renewed.StartAsync(response.Headers), renewed);
        }
    }

    private static void Mount(IHttpRequestFeature request, string root)
    {
        request.PathBase = root;
        if (new PathString(request.Path).StartsWithSegments(root, StringComparison.Ordinal, out var rest))
        {
            request.Path = rest.Value ?? "";
        }
    }
}
