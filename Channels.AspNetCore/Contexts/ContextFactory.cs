using Channels.Kestrel;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Channels.AspNetCore;

/// <summary>
/// Makes contexts of ASP.NET Core out of scopes, for parts of it that look at nothing but the request, such as authentication
/// handlers: over a server of ours, in a site, and in tests alike.
/// </summary>
internal static class ContextFactory
{
    /// <summary>Where the context stands in the scope in which a request's login was found.</summary>
    public static ScopeKey<HttpContext> Key { get; } = new("login context");

    /// <summary>A context with a response that nobody sees.</summary>
    /// <param name="scope">The request.</param>
    /// <param name="services">Services for the time that the context is used.</param>
    /// <param name="token">A bearer token that came another way than by the header; null for none.</param>
    public static (DefaultHttpContext Context, DetachedResponse Response) Create(RequestScope scope, IServiceProvider services, string? token)
    {
        var response = new DetachedResponse();
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(Request(scope, token));
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { RemoteIpAddress = scope.Client?.Address, RemotePort = scope.Client?.Port ?? 0 });
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = scope.Aborted });
        if ((scope.GetHttpContext()?.Features.Get<ITlsConnectionFeature>() ?? ClientCertificates.Find(scope)) is { } tls)
        {
            features.Set(tls);
        }

        return (new DefaultHttpContext(features) { RequestServices = services, ServiceScopeFactory = services.GetRequiredService<IServiceScopeFactory>() }, response);
    }

    /// <summary>The cookies of a request.</summary>
    public static IRequestCookieCollection Cookies(RequestScope scope)
    {
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Headers = { Cookie = string.Join("; ", scope.Headers.GetValues("cookie")) } });
        return new RequestCookiesFeature(features).Cookies;
    }

    private static HttpRequestFeature Request(RequestScope scope, string? token)
    {
        var below = scope.Path.StartsWith(scope.RootPath, StringComparison.Ordinal);
        var request = new HttpRequestFeature
        {
            Protocol = $"HTTP/{scope.HttpVersion}",
            Method = scope is HttpScope http ? http.Method : HttpMethods.Get,
            Scheme = scope.Scheme switch { "ws" => "http", "wss" => "https", var scheme => scheme },
            PathBase = below ? scope.RootPath : "",
            Path = below ? scope.Path[scope.RootPath.Length..] : scope.Path,
            RawTarget = scope.RawPath ?? scope.Path,
            QueryString = scope.QueryString.Length == 0 ? "" : $"?{scope.QueryString}",
        };
        foreach (var (name, value) in scope.Headers)
        {
            // Parts of one cookie header may come apart over HTTP/2.
            request.Headers[name] = name == "cookie" && request.Headers.Cookie is [{ } before] ? $"{before}; {value}" : StringValues.Concat(request.Headers[name], value);
        }

        if (token is not null)
        {
            request.Headers[HeaderNames.Authorization] = $"Bearer {token}";
        }

        return request;
    }
}
