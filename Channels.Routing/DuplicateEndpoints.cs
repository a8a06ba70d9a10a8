namespace Channels.Routing;

/// <summary>
/// Finds endpoints that no connection can reach because an earlier route takes exactly the same paths, also across
/// nested routers: without this the later one would be silent for ever.
/// </summary>
internal static class DuplicateEndpoints
{
    /// <exception cref="InvalidOperationException">Two endpoints stand on one path.</exception>
    public static void Check(UrlRouter router) =>
        Visit(router, new Place("", "", ""), new Dictionary<(string Protocol, string Shape), string>(), 0);

    private static void Visit(Application application, Place place, Dictionary<(string Protocol, string Shape), string> seen, int depth)
    {
        var node = depth > 64 ? null : ApplicationTree.NodeOf(application);
        switch (node)
        {
            case UrlRouter router:
                foreach (var route in router.Routes)
                {
                    Visit(route.Application, place.Below(route.Pattern), seen, depth + 1);
                }

                break;
            case ProtocolTypeRouter protocols:
                foreach (var branch in protocols.Branches)
                {
                    Visit(branch.Application, place with { Protocol = branch.Label }, seen, depth + 1);
                }

                break;
            case { Branches.Count: 1 }:
                Visit(node.Branches[0].Application, place, seen, depth + 1);
                break;
            default:
                Enter(node, place, seen);
                break;
        }
    }

    private static void Enter(IApplicationNode? node, Place place, Dictionary<(string Protocol, string Shape), string> seen)
    {
        // A site below a prefix takes other paths than an endpoint at the same place.
        var shape = node is IPrefixApplication ? UrlRoute.Join(place.Shape, "*") : place.Shape;
        var name = $"'{place.Template}' ({node?.Description ?? "function"})";
        if (!seen.TryAdd((place.Protocol, shape), name))
        {
            throw new InvalidOperationException($"two endpoints stand on one path, so that the second is never reached: {seen[(place.Protocol, shape)]} and {name}; remove one or change its template");
        }
    }

    private sealed record Place(string Protocol, string Shape, string Template)
    {
        public Place Below(PathPattern pattern) => this with
        {
            Shape = UrlRoute.Join(Shape, pattern.Shape),
            Template = UrlRoute.Join(Template, pattern.Template),
        };
    }
}
