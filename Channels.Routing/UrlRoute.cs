namespace Channels.Routing;

/// <summary>A pattern, where it leads, and the default arguments. Immutable.</summary>
internal sealed class UrlRoute
{
    private readonly string[] _defaultNames;
    private readonly object?[] _defaultValues;
    private readonly Lazy<(bool Http, bool Other)> _isPrefix;
    private readonly Lazy<bool> _isFinal;

    public UrlRoute(RouteMethods? methods, PathPattern pattern, Application application, ReadOnlySpan<(string Name, object? Value)> defaults)
    {
        Methods = methods;
        Pattern = pattern;
        Application = application;
        _defaultNames = new string[defaults.Length];
        _defaultValues = new object?[defaults.Length];
        for (var i = 0; i < defaults.Length; i++)
        {
            ArgumentException.ThrowIfNullOrEmpty(defaults[i].Name, nameof(defaults));
            if (_defaultNames.AsSpan(0, i).Contains(defaults[i].Name))
            {
                throw new ArgumentException($"The route '{pattern.Template}' has two default arguments named '{defaults[i].Name}'.", nameof(defaults));
            }

            (_defaultNames[i], _defaultValues[i]) = defaults[i];
        }

        // Looked up at the first connection, not here: a router inside may still be without its routes.
        _isFinal = new(() => ApplicationTree.NodeOf(application) is { KeepsConnections: true } and not IPrefixApplication);
        _isPrefix = new(() => (PrefixSearch.Leads(application, "http"), PrefixSearch.Leads(application, "websocket")));
    }

    /// <summary>The methods that the route serves; null for all, and for connections without one.</summary>
    public RouteMethods? Methods { get; }

    public PathPattern Pattern { get; }

    public Application Application { get; }

    /// <summary>Whether the application keeps every connection it is given: a node without branches, such as a consumer.</summary>
    public bool IsFinal => _isFinal.Value;

    /// <summary>Whether the route is meant for such a connection, whatever its path.</summary>
    public bool Serves(RequestScope scope) => Methods is null || (scope is HttpScope request && Methods.Serve(request.Method));

    /// <summary>Whether the application goes on reading the path, so that text may follow the pattern.</summary>
    public bool IsPrefixFor(string scopeType) => scopeType == "http" ? _isPrefix.Value.Http : _isPrefix.Value.Other;

    /// <summary>What the routers have found so far, with this route's finding added.</summary>
    public RouteMatch Extend(RouteMatch outer, string path, in PatternMatch match) => new()
    {
        Values = RouteValues.Overlay(
            RouteValues.Overlay(outer.Values, match.Names, match.Values), _defaultNames, _defaultValues),
        Arguments = match.Arguments.Length == 0 ? outer.Arguments : outer.Arguments.Count == 0 ? match.Arguments : [.. outer.Arguments, .. match.Arguments],
        Template = Join(outer.Template, Pattern.Template),
        Remaining = path[match.End..],
    };

    /// <summary>Puts an inner template behind an outer one with one slash between them.</summary>
    public static string Join(string outer, string inner) =>
        outer.Length == 0 ? inner : inner.Length == 0 ? outer : outer.EndsWith('/') ? outer + inner : $"{outer}/{inner}";
}
