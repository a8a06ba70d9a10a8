namespace Channels.Routing;

/// <summary>
/// A trie over the literal segments that routes begin with. For a path it yields the routes that can still match, in
/// the order of declaration, without looking at the others and without allocating. Immutable; safe from any thread.
/// </summary>
internal sealed class RouteIndex
{
    private readonly Node _root = new(null);

    public RouteIndex(IReadOnlyList<UrlRoute> routes)
    {
        for (var i = 0; i < routes.Count; i++)
        {
            var node = _root;
            foreach (var segment in routes[i].Pattern.LiteralPrefix)
            {
                node = node.Child(segment);
            }

            node.Routes.Add(i);
        }
    }

    /// <summary>The deepest place of the trie that the path leads to; it and the places above it hold the candidates.</summary>
    public Node Find(string path, int start)
    {
        var node = _root;
        var rest = path.AsSpan(start);
        while (true)
        {
            var end = rest.IndexOf('/');
            if (!node.TryGetChild(end < 0 ? rest : rest[..end], out var child))
            {
                return node;
            }

            node = child;
            if (end < 0)
            {
                return node;
            }

            rest = rest[(end + 1)..];
        }
    }

    /// <summary>A place of the trie, with the numbers of the routes whose literal beginning ends here, ascending.</summary>
    internal sealed class Node(Node? parent)
    {
        private readonly Dictionary<string, Node> _children = new(StringComparer.Ordinal);

        public List<int> Routes { get; } = [];

        /// <summary>The first route after <paramref name="previous"/> in the order of declaration, or -1.</summary>
        public int Next(int previous)
        {
            var next = int.MaxValue;
            for (var node = this; node is not null; node = node.Parent)
            {
                var at = node.Routes.BinarySearch(previous + 1);
                at = at < 0 ? ~at : at;
                if (at < node.Routes.Count && node.Routes[at] < next)
                {
                    next = node.Routes[at];
                }
            }

            return next == int.MaxValue ? -1 : next;
        }

        public bool TryGetChild(ReadOnlySpan<char> segment, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Node? child)
        {
            child = null;
            return _children.Count > 0 && _children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(segment, out child);
        }

        public Node Child(string segment)
        {
            if (!_children.TryGetValue(segment, out var child))
            {
                child = new Node(this);
                _children.Add(segment, child);
            }

            return child;
        }

        private Node? Parent { get; } = parent;
    }
}
