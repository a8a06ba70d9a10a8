using System.Diagnostics.CodeAnalysis;

namespace Channels.Routing;

/// <summary>Goes through the routes of a router that match one connection's path, in the order of declaration.</summary>
internal readonly struct RouteLookup
{
    private readonly RequestScope _scope;
    private readonly RouteIndex.Node? _place;
    private readonly string? _path;
    private readonly int _start;

    public RouteLookup(UrlRouter router, RouteIndex index, RequestScope scope)
    {
        (Router, _scope) = (router, scope);
        if (TryGetPath(scope, out _path, out _start))
        {
            _place = index.Find(_path, _start);
        }
    }

    public UrlRouter Router { get; }

    public RequestScope Scope => _scope;

    /// <summary>True when no router stands around this one.</summary>
    public bool IsOutermost => _scope.Route.Remaining is null;

    /// <summary>The next route behind number <paramref name="route"/>; false when no further one matches.</summary>
    /// <param name="route">-1 to begin with; the number of the route that matches.</param>
    /// <param name="match">How it matches, for the scope of its application; as far as the routers outside have come when none does.</param>
    public bool Next(ref int route, out RouteMatch match)
    {
        match = _scope.Route;
        while (_place is not null && (route = _place.Next(route)) >= 0)
        {
            var candidate = Router.Routes[route];
            if (!candidate.Serves(_scope))
            {
                continue;
            }

            if (candidate.Pattern.TryMatch(_path!, _start, candidate.IsPrefixFor(_scope.Type), out var found)) // a place comes from a path
            {
                match = candidate.Extend(_scope.Route, _path!, found);
                return true;
            }
        }

        return false;
    }

    /// <summary>The methods of routes that match the path, but not the request's method; each once, in the order of declaration.</summary>
    public List<string> OtherMethods()
    {
        var methods = new List<string>();
        for (var route = _scope is HttpScope && _place is not null ? _place.Next(-1) : -1; route >= 0; route = _place!.Next(route))
        {
            var candidate = Router.Routes[route];
            if (!candidate.Serves(_scope) && candidate.Pattern.TryMatch(_path!, _start, candidate.IsPrefixFor(_scope.Type), out _))
            {
                methods.AddRange(candidate.Methods!.Served.Except(methods)); // only methods keep a request from a route
            }
        }

        return methods;
    }

    // The root path is taken off once, by the outermost router, and only as whole segments.
    private static bool TryGetPath(RequestScope scope, [NotNullWhen(true)] out string? path, out int start)
    {
        path = scope.Route.Remaining;
        start = 0;
        if (path is null)
        {
            path = scope.Path;
            var root = scope.RootPath.AsSpan().TrimEnd('/');
            if (!path.AsSpan().StartsWith(root, StringComparison.Ordinal) ||
                (root.Length > 0 && path.Length > root.Length && path[root.Length] != '/'))
            {
                return false;
            }

            start = root.Length;
        }

        while (start < path.Length && path[start] == '/')
        {
            start++;
        }

        return true;
    }
}
