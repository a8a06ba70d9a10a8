using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.AspNetCore;

/// <summary>Mounts applications in an ASP.NET Core site.</summary>
public static class ChannelsEndpointExtensions
{
    /// <summary>
    /// Serves an application at an endpoint of the site: WebSockets over HTTP/1.1 and HTTP/2, and HTTP requests.
    /// <c>builder.Services.AddChannels()</c> must have been called.
    /// </summary>
    /// <remarks>
    /// <para>The endpoint's conventions hold before the application is called: <c>RequireAuthorization</c> (a WebSocket is refused
    /// with 401 or 403, never sent to a login page), <c>RequireRateLimiting</c>, <c>RequireHost</c>. The application finds
    /// <see cref="HttpContext.User"/> in <see cref="Scope.User"/> and the rest by <see cref="HttpContextExtensions.GetHttpContext"/>.</para>
    /// <para>A web page of another host may open a WebSocket only when the endpoint's CORS policy (<c>RequireCors</c>) allows its
    /// origin with credentials, because browsers send cookies along; otherwise the origin must be the request's host, as on our own
    /// server.</para>
    /// <para>The application sees the whole path: one root application works here and on a server of its own. Limits come from
    /// <c>Channels:Server</c> and <c>Channels:WebSocket</c>. Its lifespan is the site's. An application that is mounted at several
    /// patterns is one application, with one set of limits.</para>
    /// </remarks>
    /// <param name="endpoints">The site.</param>
    /// <param name="pattern">What to serve, as for any endpoint, for example <c>/ws/{**path}</c>.</param>
    /// <param name="root">The application: a router, or a single consumer.</param>
    /// <returns>For further conventions, such as <c>RequireAuthorization()</c>.</returns>
    /// <exception cref="InvalidOperationException">Channels' services are missing, or the site runs already.</exception>
    public static IEndpointConventionBuilder MapChannels(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, Application root)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(root);
        var services = endpoints.ServiceProvider;
        var mounts = services.GetService<MountedApplications>()
            ?? throw new InvalidOperationException("MapChannels needs the services of Channels: call builder.Services.AddChannels() before builder.Build().");
        var mount = mounts.GetOrAdd(root, () => new Mount(root, services));
        return endpoints.Map(pattern, (RequestDelegate)mount.ServeAsync).WithDisplayName($"Channels {pattern}").DisableCookieRedirect();
    }
}
