namespace Channels.Routing;

/// <summary>
/// Watches the beginning of a conversation, so that a connection which a route hands back can go to the next route:
/// nothing may have been sent, and the one event that was read is given again. After that it only passes calls on.
/// </summary>
internal sealed class RouteAttempt(Receive receive, Send send)
{
    private Event? _first;
    private byte _taken; // events asked of the peer, at most 2: then it is out of the way
    private byte _given; // events given to the application of this attempt
    private volatile bool _sent;

    /// <summary>Where inner routers find the attempt that the outermost one began.</summary>
    public static ScopeKey<RouteAttempt> Key { get; } = new("route attempt");

    /// <summary>Whether an application has sent something, so that the answer is no longer ours to give.</summary>
    public bool HasSent => _sent;

    /// <summary>Whether the connection looks untouched to another application.</summary>
    public bool CanRetry => !_sent && _taken < 2;

    /// <summary>Whether the peer's first event is still to be read.</summary>
    public bool IsUnread => _taken == 0;

    /// <summary>The methods that routes of this path serve, of all routers that had none for the request's own.</summary>
    public List<string> OtherMethods => field ??= [];

    /// <summary>
    /// The scope for an application behind a route: who gets the attempt's way to send unchanged may still go past it, unless
    /// middleware outside, or an attempt around this one, wants to see what is sent.
    /// </summary>
    /// <param name="scope">The scope as the router has it.</param>
    /// <param name="match">The route's match.</param>
    /// <param name="own">The attempt's way to send.</param>
    public RequestScope Enter(RequestScope scope, RouteMatch match, Send own) =>
        scope.GetOutbox() is { } outbox && outbox.Send == send ? scope.WithRoute(match, new AttemptOutbox(outbox, own)) : scope with { Route = match };

    /// <summary>Gives what has been read to the next application.</summary>
    public void Rewind() => _given = 0;

    public ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        if (_taken == 0)
        {
            return ReceiveFirstAsync(cancellationToken);
        }

        if (_given == 0 && _first is { } again)
        {
            _given = 1;
            return ValueTask.FromResult(again);
        }

        // Who asks for a second event has begun its work. Noted before it comes: to wait for it here would be an object more
        // for as long as the peer says nothing.
        (_taken, _given, _first) = (2, 2, null);
        return receive(cancellationToken);
    }

    public ValueTask SendAsync(Event message, CancellationToken cancellationToken = default)
    {
        if (!_sent)
        {
            _sent = true;
            _first = null; // may hold the beginning of an upload
        }

        return send(message, cancellationToken);
    }

    private async ValueTask<Event> ReceiveFirstAsync(CancellationToken cancellationToken)
    {
        var first = await receive(cancellationToken);
        (_taken, _given) = (1, 1);
        _first = _sent ? null : first;
        return first;
    }
}
