using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Channels.SocketIO;

/// <summary>Which application serves which namespace: those with a name first, then the patterns in their order.</summary>
internal sealed class NamespaceTable
{
    private readonly Dictionary<string, NamespaceRoute> _named = new(StringComparer.Ordinal);
    private readonly List<(Regex Pattern, Served Served)> _patterns = [];

    /// <summary>The names of those that have one.</summary>
    public IEnumerable<string> Names => _named.Keys;

    /// <summary>All of them, as the tree of applications shows them.</summary>
    public IEnumerable<ApplicationBranch> Branches => _named.Select(named => new ApplicationBranch(named.Key, named.Value.Application))
        .Concat(_patterns.Select(pattern => new ApplicationBranch(pattern.Pattern.ToString(), pattern.Served.Application)));

    /// <exception cref="ArgumentException">The name is none, or is taken.</exception>
    public void Add(string name, Application application, Middleware[] middleware)
    {
        if (name is not ['/', ..] || name.AsSpan().ContainsAny(',', '\0') || name.Length > MaxNameLength)
        {
            throw new ArgumentException($"'{name}' is no namespace: a name begins with '/', holds no comma, and has at most {MaxNameLength} characters.", nameof(name));
        }

        if (!_named.TryAdd(name, new Served(application, middleware).ToRoute(name, FrozenDictionary<string, object?>.Empty)))
        {
            throw new ArgumentException($"The namespace '{name}' is there twice; one application serves it.", nameof(name));
        }
    }

    /// <exception cref="ArgumentException">The pattern works only by backtracking.</exception>
    public void Add(Regex pattern, Application application, Middleware[] middleware) => _patterns.Add((Harden(pattern), new(application, middleware)));

    /// <summary>The longest name, of a pattern's namespaces too.</summary>
    public const int MaxNameLength = 255;

    /// <summary>What serves a namespace; null when nothing does.</summary>
    public NamespaceRoute? Find(string name)
    {
        if (_named.TryGetValue(name, out var named))
        {
            return named;
        }

        if (name.Length > MaxNameLength || name.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        foreach (var (pattern, served) in _patterns)
        {
            if (pattern.Match(name) is { Success: true, Index: 0 } match && match.Length == name.Length)
            {
                var captures = match.Groups.Values.Where(group => group.Success && group.Name != "0").ToDictionary(group => group.Name, group => (object?)group.Value, StringComparer.Ordinal);
                return served.ToRoute(pattern.ToString(), captures);
            }
        }

        return null;
    }

    private sealed class Served(Application inner, Middleware[] middleware)
    {
        public Application Application { get; } = middleware.Length == 0 ? inner : MiddlewareStack.Of(middleware)(inner);

        public NamespaceRoute ToRoute(string label, IReadOnlyDictionary<string, object?> captures) => new(label, Application, inner, captures);
    }

    // A stranger chooses the name, so matching it must take linear time.
    private static Regex Harden(Regex pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        try
        {
            return new Regex(pattern.ToString(), (pattern.Options & ~RegexOptions.Compiled) | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception error) when (error is NotSupportedException or ArgumentOutOfRangeException)
        {
            throw new ArgumentException($"The namespace pattern '{pattern}' works only by backtracking, which a stranger's name can make very slow: write it without look-arounds, back-references, atomic groups and conditions.", nameof(pattern), error);
        }
    }
}
