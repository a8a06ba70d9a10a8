using System.Collections;
using System.Text.RegularExpressions;

namespace Channels.Routing;

/// <summary>
/// Chooses an application by the path, once per connection; the first route in the order of declaration that matches
/// wins. Written with an initializer: <c>new UrlRouter { { "ws/chat/{room:group}/", chat } }</c>.
/// </summary>
/// <remarks>
/// <para>Templates are literal text and placeholders: <c>{name}</c> (one segment of any text), <c>{name:converter}</c>
/// with <c>str</c>, <c>int</c>, <c>long</c>, <c>slug</c>, <c>group</c> (at most 80 characters that fit into a group's name),
/// <c>uuid</c>, <c>path</c> (the rest of the path, slashes included) or a converter given to the constructor, and <c>{**rest}</c> (the rest of the path, also when empty).
/// A slash at a template's end is optional in the path; one at its beginning is ignored.</para>
/// <para>Methods before a template keep other requests from it: <c>{ "POST auctions", … }</c>,
/// <c>{ "GET|DELETE auctions/{id:int}", … }</c>, in capitals; GET serves HEAD too. A path that has routes, but none for
/// the request's method and none after them, is answered with 405 and <c>Allow</c>, and OPTIONS with 204 and
/// <c>Allow</c> (RFC 9110, sections 15.5.6 and 9.3.7).</para>
/// <para>Routers nest, also through middleware: a template that leads to an <see cref="IPrefixApplication"/> is a
/// prefix of whole segments. A router without a match hands the connection back to the router around it; the outermost
/// one answers 404.</para>
/// <para>Routes are added before the first connection by one thread; after that the router is safe from any thread.</para>
/// </remarks>
public sealed class UrlRouter : IPrefixApplication, IEnumerable<ApplicationBranch>
{
    private readonly List<UrlRoute> _routes = [];
    private readonly List<ApplicationBranch> _branches = [];
    private readonly Dictionary<string, IPathConverter> _converters = new(BuiltInConverters.All, StringComparer.Ordinal);
    private readonly EntryMistake _mistake = new();
    private volatile RouteIndex? _index; // made at the first use; no route may be added afterwards

    /// <summary>Makes an empty router.</summary>
    /// <param name="converters">Further converters for this router's templates, by name.</param>
    /// <exception cref="ArgumentException">A name is empty, or a converter of this name exists.</exception>
    public UrlRouter(params ReadOnlySpan<(string Name, IPathConverter Converter)> converters)
    {
        foreach (var (name, converter) in converters)
        {
            ArgumentException.ThrowIfNullOrEmpty(name, nameof(converters));
            ArgumentNullException.ThrowIfNull(converter, nameof(converters));
            if (!_converters.TryAdd(name, converter))
            {
                throw new ArgumentException($"A path converter named '{name}' exists already.", nameof(converters));
            }
        }
    }

    /// <inheritdoc/>
    public string Description => nameof(UrlRouter);

    /// <inheritdoc/>
    public IReadOnlyList<ApplicationBranch> Branches => _branches;

    internal IReadOnlyList<UrlRoute> Routes => _routes;

    /// <summary>The router as an application.</summary>
    /// <param name="router">The router.</param>
    public static implicit operator Application(UrlRouter router)
    {
        ArgumentNullException.ThrowIfNull(router);
        return router.InvokeAsync;
    }

    /// <summary>The router as an application.</summary>
    public Application ToApplication() => InvokeAsync;

    /// <summary>Adds a route by template.</summary>
    /// <param name="template">The template, with or without methods in front of it.</param>
    /// <param name="application">Where it leads.</param>
    /// <param name="defaults">Entries for <see cref="RouteMatch.Values"/>; they replace captures of the same name.</param>
    /// <remarks>A mistake in methods, template or defaults ends the start of the program, by <see cref="Prepare"/>, or else the first use.</remarks>
    /// <exception cref="InvalidOperationException">The router has served a connection already.</exception>
    public void Add(string template, Application application, params ReadOnlySpan<(string Name, object? Value)> defaults)
    {
        ArgumentNullException.ThrowIfNull(application);
        ThrowIfInUse(template);
        try
        {
            var methods = RouteMethods.Split(template, out var path);
            Add(methods, new TemplatePattern(path, _converters), application, defaults);
        }
        catch (ArgumentException mistake)
        {
            _mistake.Note(mistake);
        }
    }

    /// <summary>
    /// Adds a route by regular expression, searched for anywhere in the path unless it is anchored. The expression is
    /// compiled anew without backtracking, so that no path takes it more than linear time. Named groups become
    /// <see cref="RouteMatch.Values"/>; without any, the groups become <see cref="RouteMatch.Arguments"/>.
    /// </summary>
    /// <param name="pattern">The expression; it sees the path without leading slashes. Use <c>\z</c> for its end.</param>
    /// <param name="application">Where it leads.</param>
    /// <param name="defaults">Entries for <see cref="RouteMatch.Values"/>; they replace captures of the same name.</param>
    /// <remarks>
    /// An expression that works only by backtracking (look-arounds, back-references, atomic groups, conditions,
    /// <see cref="RegexOptions.RightToLeft"/>, <see cref="RegexOptions.ECMAScript"/>) ends the start of the program, by
    /// <see cref="Prepare"/>, or else the first use.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The router has served a connection already.</exception>
    public void Add(Regex pattern, Application application, params ReadOnlySpan<(string Name, object? Value)> defaults)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(application);
        ThrowIfInUse(pattern.ToString());
        try
        {
            Add(null, new RegexPattern(pattern), application, defaults);
        }
        catch (ArgumentException mistake)
        {
            _mistake.Note(mistake);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">A route is not valid, and the message names it and the position; or two endpoints stand on one path and method, or one is never reached.</exception>
    public void Prepare(IServiceProvider services)
    {
        Index();
        UnreachableRoutes.Check(this);
    }

    /// <summary>Serves one connection with the first application whose route matches.</summary>
    /// <param name="scope">An HTTP request or a WebSocket.</param>
    /// <param name="receive">Waits for the next event from the peer.</param>
    /// <param name="send">Sends an event to the peer.</param>
    /// <exception cref="UnsupportedScopeException">The scope has no path.</exception>
    /// <exception cref="RouteNotFoundException">No route matches, and another router stands around this one.</exception>
    /// <exception cref="InvalidOperationException">A route is not valid.</exception>
    public Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(receive);
        ArgumentNullException.ThrowIfNull(send);
        if (scope is not RequestScope { Path: not null } request)
        {
            return Task.FromException(new UnsupportedScopeException(Description, scope, "http", "websocket"));
        }

        var lookup = new RouteLookup(this, Index(), request);
        var number = -1;
        var found = lookup.Next(ref number, out var match);

        // A consumer never hands a connection back, so nothing of the router has to stay behind for it.
        return found && _routes[number].IsFinal
            ? _routes[number].Application(request with { Route = match }, receive, send)
            : new UrlRouting(lookup, receive, send).RunAsync(found, number, match);
    }

    /// <summary>The routes as branches, in the order of declaration.</summary>
    public IEnumerator<ApplicationBranch> GetEnumerator() => _branches.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Add(RouteMethods? methods, PathPattern pattern, Application application, ReadOnlySpan<(string Name, object? Value)> defaults)
    {
        _routes.Add(new UrlRoute(methods, pattern, application, defaults));
        _branches.Add(new(methods is null ? pattern.Template : $"{methods} {pattern.Template}", application));
    }

    private void ThrowIfInUse(string route)
    {
        ArgumentNullException.ThrowIfNull(route, "template");
        if (_index is not null)
        {
            throw new InvalidOperationException($"The router is in use; add the route '{route}' before the first connection.");
        }
    }

    // Two threads may both make it; either result will do.
    private RouteIndex Index()
    {
        _mistake.ThrowIfAny();
        return _index ??= new RouteIndex(_routes);
    }
}
