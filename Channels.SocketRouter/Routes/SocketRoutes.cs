using System.Collections.Frozen;
using System.Text;

namespace Channels.SocketRouter;

/// <summary>All routes of one router class; made once, and the same for all its connections.</summary>
public sealed class SocketRoutes
{
    private const int LongestName = 256;

    private readonly FrozenDictionary<string, SocketRoute> _byName;
    private readonly FrozenDictionary<string, SocketRoute>.AlternateLookup<ReadOnlySpan<char>> _byText;
    private readonly string[] _mistakes;

    /// <summary>Makes the table. What is wrong with it is told by <see cref="ThrowIfWrong"/>, when the host starts.</summary>
    /// <param name="consumer">The router class.</param>
    /// <param name="contracts">Its JSON contracts.</param>
    /// <param name="routes">The routes.</param>
    public SocketRoutes(Type consumer, SocketContracts contracts, params IReadOnlyList<SocketRoute> routes)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(routes);
        (Consumer, Contracts, All) = (consumer, contracts, routes);
        _byName = routes.DistinctBy(route => route.Name).ToFrozenDictionary(route => route.Name, StringComparer.Ordinal);
        _byText = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
        NameFinder = FindName;
        _mistakes = [.. routes.SelectMany(Mistakes), .. Collisions(routes), .. contracts.Mistakes];
    }

    /// <summary>The router class.</summary>
    public Type Consumer { get; }

    /// <summary>The routes, in the order of the class.</summary>
    public IReadOnlyList<SocketRoute> All { get; }

    /// <summary>The JSON contracts.</summary>
    internal SocketContracts Contracts { get; }

    /// <summary>Throws when there is anything wrong, and names all of it.</summary>
    /// <exception cref="InvalidOperationException">A route has no handler, no name, or one that belongs to the protocol; two have one name, or names that a port would join; a JSON contract is lacking.</exception>
    public void ThrowIfWrong()
    {
        if (_mistakes.Length > 0)
        {
            throw new InvalidOperationException($"The routes of {Consumer.Name} are wrong: {string.Join(" ", _mistakes.Select((mistake, i) => $"({i + 1}) {mistake}"))}");
        }
    }

    /// <summary>The route of a name; null when there is none.</summary>
    internal SocketRoute? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Gives the one text of a name in UTF-8, so that none is made for each request; null for a name that is none of ours.</summary>
    internal Func<ReadOnlySpan<byte>, string?> NameFinder { get; }

    private string? FindName(ReadOnlySpan<byte> utf8)
    {
        Span<char> text = stackalloc char[LongestName];
        return utf8.Length <= LongestName && Encoding.UTF8.TryGetChars(utf8, text, out var length) && _byText.TryGetValue(text[..length], out var route) ? route.Name : null;
    }

    private static IEnumerable<string> Mistakes(SocketRoute route)
    {
        if (string.IsNullOrEmpty(route.Name))
        {
            yield return $"the route of {route.Method} has an empty name: give it one.";
        }
        else if (route.Name is "PING" or "PONG")
        {
            yield return $"'{route.Name}' ({route.Method}) is the heartbeat's and would never be called: choose another name.";
        }
        else if (route.Name[0] == '$')
        {
            yield return $"'{route.Name}' ({route.Method}) begins with '$', as the routes of the protocol do: choose another name.";
        }
        else if (route.Name.Length > LongestName)
        {
            yield return $"the route of {route.Method} has {route.Name.Length} characters: it may have {LongestName}.";
        }

        if (route.Handler is null)
        {
            yield return $"'{route.Name}' has no handler: write the method {SocketRouteNames.ToMethod(route.Name)}.";
        }

        if (route.TimeoutMs < 0)
        {
            yield return $"'{route.Name}' ({route.Method}) has a deadline of {route.TimeoutMs} ms: write a number from 1 on, or 0 for the router's.";
        }
    }

    private static IEnumerable<string> Collisions(IReadOnlyList<SocketRoute> routes)
    {
        foreach (var same in routes.Where(route => route.Name.Length > 0).GroupBy(route => route.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            yield return $"'{same.Key}' is declared {same.Count()} times ({string.Join(", ", same.Select(route => route.Method))}): each name leads to one method.";
        }

        foreach (var alike in routes.Select(route => route.Name).Distinct(StringComparer.Ordinal).GroupBy(SocketRouteNames.ToPythonMethod, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            yield return $"{string.Join(" and ", alike.Select(name => $"'{name}'"))} lead to one method by the rule for names ({alike.Key}): call one of them otherwise.";
        }
    }
}
