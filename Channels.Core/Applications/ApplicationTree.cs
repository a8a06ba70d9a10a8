namespace Channels.Extending;

/// <summary>Walks the tree of applications: for checks at start, the <c>routes</c> verb and the "no route" log.</summary>
public static class ApplicationTree
{
    // Deeper than any real configuration; a tree that contains itself is reported instead of overflowing the stack.
    private const int MaxDepth = 64;

    /// <summary>
    /// Every application of the tree, outermost first, branches in their order. Below a plain function stand the
    /// applications that its lambda has captured, or that the object around its method holds in fields.
    /// </summary>
    /// <param name="root">Where to begin.</param>
    /// <exception cref="InvalidOperationException">An application contains itself.</exception>
    public static IReadOnlyList<ApplicationTreeEntry> Walk(Application root)
    {
        ArgumentNullException.ThrowIfNull(root);
        var walk = new TreeWalk();
        walk.Visit(root, NodeOf(root), "", 0);
        return walk.Entries;
    }

    /// <summary>Prepares every node of the tree once, outermost first.</summary>
    /// <param name="root">Where to begin.</param>
    /// <param name="services">The host's services.</param>
    /// <exception cref="InvalidOperationException">A node cannot work; the message tells where it stands in the tree.</exception>
    public static void Prepare(Application root, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var prepared = new HashSet<IApplicationNode>(ReferenceEqualityComparer.Instance);
        foreach (var entry in Walk(root))
        {
            if (entry.Node is not { } node || !prepared.Add(node))
            {
                continue;
            }

            try
            {
                node.Prepare(services);
            }
            catch (Exception error) when (error is InvalidOperationException or ArgumentException)
            {
                throw new InvalidOperationException($"{node.Description}{(entry.Path.Length == 0 ? "" : $" at '{entry.Path}'")} cannot start: {error.Message}", error);
            }
        }
    }

    /// <summary>The node behind an application, or null for a plain function.</summary>
    /// <param name="application">The application.</param>
    public static IApplicationNode? NodeOf(Application application) => application?.Target as IApplicationNode;

    private sealed class TreeWalk
    {
        private readonly HashSet<object> _functions = new(ReferenceEqualityComparer.Instance);

        public List<ApplicationTreeEntry> Entries { get; } = [];

        public void Visit(Application application, IApplicationNode? node, string path, int depth)
        {
            if (depth > MaxDepth)
            {
                throw new InvalidOperationException($"The application at '{path[..Math.Min(path.Length, 200)]}…' contains itself: routers and middleware must form a tree.");
            }

            Entries.Add(new(path, depth, application, node));
            if (node is null)
            {
                VisitContents(application, path, depth);
                return;
            }

            foreach (var branch in node.Branches)
            {
                Visit(branch.Application, NodeOf(branch.Application), branch.Label.Length == 0 ? path : path.Length == 0 ? branch.Label : $"{path} {branch.Label}", depth + 1);
            }
        }

        // An application that stands in the tree already may be the function's neighbour, or the one around it.
        private void VisitContents(Application function, string path, int depth)
        {
            foreach (var content in FunctionContents.Of(function, _functions).ToList())
            {
                var (application, node) = content is Application inner ? (inner, NodeOf(inner)) : (function, (IApplicationNode)content);
                if (!Entries.Exists(entry => node is null ? entry.Application == application : ReferenceEquals(entry.Node, node)))
                {
                    Visit(application, node, path, depth + 1);
                }
            }
        }
    }
}
