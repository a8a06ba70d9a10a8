namespace Channels.Routing;

/// <summary>
/// The way of one connection through one <see cref="UrlRouter"/>, for routes whose application may hand it back.
/// </summary>
internal sealed class UrlRouting
{
    private readonly RouteLookup _lookup;
    private readonly Receive _receive;
    private readonly Send _send;
    private readonly RouteAttempt _attempt;

    public UrlRouting(in RouteLookup lookup, Receive receive, Send send)
    {
        _lookup = lookup;
        if (!lookup.IsOutermost && lookup.Scope.TryGet(RouteAttempt.Key, out var attempt))
        {
            (_attempt, _receive, _send) = (attempt, receive, send);
            return;
        }

        _attempt = new RouteAttempt(receive, send);
        (_receive, _send) = (_attempt.ReceiveAsync, _attempt.SendAsync);
    }

    // One method, because its state lives as long as the connection.
    public async Task RunAsync(bool found, int number, RouteMatch match)
    {
        while (found)
        {
            var route = _lookup.Router.Routes[number];
            var inner = _attempt.Enter(_lookup.Scope, match, _send);
            if (route.IsPrefixFor(inner.Type))
            {
                inner = (RequestScope)inner.With(RouteAttempt.Key, _attempt); // a copy has the type of its original
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
            catch (RouteNotFoundException) when (_lookup.IsOutermost && !_attempt.HasSent)
            {
                break; // too much has been read for another application to begin with, but an answer is still due
            }

            found = _lookup.Next(ref number, out match);
        }

        await RefuseNotFoundAsync();
    }

    private async Task RefuseNotFoundAsync()
    {
        var scope = _lookup.Scope;
        var methods = _attempt.OtherMethods;
        methods.AddRange(_lookup.OtherMethods().Except(methods));
        if (!_lookup.IsOutermost || !Refusal.CanAnswer(scope))
        {
            throw new RouteNotFoundException($"No route for {scope}; routes are: {RouteList.Of(_lookup.Router)}.");
        }

        if (methods.Count > 0)
        {
            await Refusal.SendMethodsAsync((HttpScope)scope, _attempt, methods); // only a request has other methods
            return;
        }

        NoRouteLog.NotFound(scope, _lookup.Router);
        await Refusal.SendAsync(scope, _attempt, 404, "Not Found"u8.ToArray());
    }
}
