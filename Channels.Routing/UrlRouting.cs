using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Routing;

/// <summary>The way of one connection through one <see cref="UrlRouter"/>.</summary>
internal sealed class UrlRouting
{
    private readonly UrlRouter _router;
    private readonly RouteIndex _index;
    private readonly RequestScope _scope;
    private readonly Receive _receive;
    private readonly Send _send;
    private readonly RouteAttempt _attempt;

    public UrlRouting(UrlRouter router, RouteIndex index, RequestScope scope, Receive receive, Send send)
    {
        _router = router;
        _index = index;
        if (!IsOutermost(scope) && scope.TryGet(RouteAttempt.Key, out var attempt))
        {
            (_attempt, _scope, _receive, _send) = (attempt, scope, receive, send);
            return;
        }

        _attempt = new RouteAttempt(receive, send);
        _scope = (RequestScope)scope.With(RouteAttempt.Key, _attempt); // a copy has the type of its original
        (_receive, _send) = (_attempt.ReceiveAsync, _attempt.SendAsync);
    }

    // One method, because its state lives as long as the connection.
    public async Task RunAsync()
    {
        var place = TryGetPath(out var path, out var start) ? _index.Find(path, start) : null;
        for (var i = place?.Next(-1) ?? -1; i >= 0; i = place!.Next(i)) // a candidate comes from a place
        {
            var route = _router.Routes[i];
            switch (Match(route, path!, start, out var inner)) // a place comes from a path
            {
                case MatchOutcome.TimedOut:
                    await RefuseTimedOutAsync(route);
                    return;
                case MatchOutcome.NoMatch:
                    continue;
            }

            try
            {
                await route.Application(inner, _receive, _send);
                return;
            }
            catch (RouteNotFoundException) when (_attempt.CanRetry)
            {
                _attempt.Rewind();
            }
            catch (RouteNotFoundException) when (IsOutermost(_scope) && !_attempt.HasSent)
            {
                break; // too much has been read for another application to begin with, but an answer is still due
            }
        }

        await RefuseNotFoundAsync();
    }

    private static bool IsOutermost(RequestScope scope) => scope.Route.Remaining is null;

    private MatchOutcome Match(UrlRoute route, string path, int start, out RequestScope inner)
    {
        var outcome = route.Pattern.Match(path, start, route.IsPrefixFor(_scope.Type), out var match);
        inner = outcome == MatchOutcome.Match ? _scope with { Route = route.Extend(_scope.Route, path, match) } : _scope;
        return outcome;
    }

    // The root path is taken off once, by the outermost router, and only as whole segments (C-ROUTE-09, 10, 18).
    private bool TryGetPath([NotNullWhen(true)] out string? path, out int start)
    {
        path = _scope.Route.Remaining;
        start = 0;
        if (path is null)
        {
            path = _scope.Path;
            var root = _scope.RootPath.AsSpan().TrimEnd('/');
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

    private async Task RefuseNotFoundAsync()
    {
        if (!IsOutermost(_scope) || !Refusal.CanAnswer(_scope))
        {
            throw new RouteNotFoundException($"No route for {_scope}; routes are: {RouteList.Of(_router)}.");
        }

        NoRouteLog.NotFound(_scope, _router);
        await Refusal.SendAsync(_scope, _attempt, 404, "Not Found"u8.ToArray());
    }

    private async Task RefuseTimedOutAsync(UrlRoute route)
    {
        _scope.Services.GetService<ChannelsMetrics>()?.RouteTimedOut(route.Pattern.Template);
        NoRouteLog.TimedOut(_scope, route.Pattern.Template);
        if (!Refusal.CanAnswer(_scope))
        {
            throw new RouteNotFoundException($"The route '{route.Pattern.Template}' took too long to compare with the path of {_scope}.");
        }

        await Refusal.SendAsync(_scope, _attempt, 400, "Bad Request"u8.ToArray());
    }
}
