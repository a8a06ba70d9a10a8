using System.Text;

namespace Channels.Routing;

/// <summary>The routes of a router as one line of text, for logs and errors.</summary>
internal static class RouteList
{
    private const int Most = 50;

    public static string Of(UrlRouter router)
    {
        var text = new StringBuilder();
        var count = 0;
        Append(router, "", "", 0, text, ref count);
        return count == 0 ? "none" : count <= Most ? text.ToString() : $"{text} and {count - Most} more";
    }

    private static void Append(Application application, string methods, string path, int depth, StringBuilder text, ref int count)
    {
        // Router below router is followed through middleware; a tree that contains itself is ApplicationTree's to report.
        var node = ApplicationTree.NodeOf(application);
        if (node is null or { Branches.Count: 0 } || depth > 64)
        {
            if (count++ < Most)
            {
                text.Append(text.Length == 0 ? "" : ", ").Append('\'').Append(methods).Append(path).Append('\'');
            }

            return;
        }

        if (node is UrlRouter router)
        {
            foreach (var route in router.Routes)
            {
                Append(route.Application, route.Methods is { } own ? $"{own} " : methods, UrlRoute.Join(path, route.Pattern.Template), depth + 1, text, ref count);
            }

            return;
        }

        foreach (var branch in node.Branches)
        {
            Append(branch.Application, methods, path, depth + 1, text, ref count);
        }
    }
}
