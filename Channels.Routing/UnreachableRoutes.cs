namespace Channels.Routing;

/// <summary>
/// Finds endpoints that no connection can reach because earlier routes take exactly the same paths and methods, or
/// because the methods around them are other ones, also across nested routers: without this the endpoint would be silent
/// for ever.
/// </summary>
internal static class UnreachableRoutes
{
    private const string AnyMethod = "";

    /// <exception cref="InvalidOperationException">An endpoint cannot be reached.</exception>
    public static void Check(UrlRouter router) =>
        Visit(router, new Place("", "", "", null), new Dictionary<(string Protocol, string Shape, string Method), string>(), 0);

    private static void Visit(Application application, Place place, Dictionary<(string Protocol, string Shape, string Method), string> seen, int depth)
    {
        var node = depth > 64 ? null : ApplicationTree.NodeOf(application);
        switch (node)
        {
            case UrlRouter router:
                foreach (var route in router.Routes)
                {
                    Visit(route.Application, place.Below(route), seen, depth + 1);
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

    private static void Enter(IApplicationNode? node, Place place, Dictionary<(string Protocol, string Shape, string Method), string> seen)
    {
        // A site below a prefix takes other paths than an endpoint at the same place.
        var shape = node is IPrefixApplication ? UrlRoute.Join(place.Shape, "*") : place.Shape;
        var name = $"'{place.Name}' ({node?.Description ?? "function"})";
        foreach (var method in place.Named)
        {
            if (seen.TryGetValue((place.Protocol, shape, AnyMethod), out var first) || seen.TryGetValue((place.Protocol, shape, method), out first))
            {
                throw new InvalidOperationException($"two endpoints stand on one path{(method.Length > 0 ? $" and take {method}" : "")}, so that the second is never reached: {first} and {name}; remove one or change its template");
            }
        }

        foreach (var method in place.Served)
        {
            seen.TryAdd((place.Protocol, shape, method), name);
        }
    }

    /// <summary>Where an endpoint stands.</summary>
    /// <param name="Protocol">The protocol that a router inside chooses by; empty for any.</param>
    /// <param name="Shape">The paths that lead here.</param>
    /// <param name="Template">The same, as the author wrote it.</param>
    /// <param name="Methods">The methods of the innermost route that names some; null for any.</param>
    private sealed record Place(string Protocol, string Shape, string Template, RouteMethods? Methods)
    {
        public string Name => Methods is null ? Template : $"{Methods} {Template}";

        public IReadOnlyList<string> Named => Methods?.Named ?? [AnyMethod];

        public IReadOnlyList<string> Served => Methods?.Served ?? [AnyMethod];

        public Place Below(UrlRoute route)
        {
            var below = this with
            {
                Shape = UrlRoute.Join(Shape, route.Pattern.Shape),
                Template = UrlRoute.Join(Template, route.Pattern.Template),
                Methods = route.Methods ?? Methods,
            };
            return Methods is null || route.Methods is null || route.Methods.Named.All(Methods.Serve)
                ? below
                : throw new InvalidOperationException($"'{below.Name}' is never reached with a method that the route around it does not serve, which takes {Methods} only; name the method there too, or at the inner routes alone");
        }
    }
}
