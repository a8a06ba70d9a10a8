using System.Buffers;

namespace Channels;

/// <summary>From the path of a request to the path of a file, which never leads out of the files.</summary>
internal static class FilePath
{
    // Separators and stream names of some file systems; wildcards that some providers would expand.
    private static readonly SearchValues<char> Strange = SearchValues.Create([.. Enumerable.Range(0, 32).Select(c => (char)c), '\u007f', '\\', ':', '*', '?', '"', '<', '>', '|']);

    /// <summary>What routers have left of the path, or without a router what follows the root path and its slash; null outside the root path.</summary>
    public static string? Below(HttpScope request)
    {
        var root = request.RootPath.TrimEnd('/');
        return request.Route.Remaining ?? (
            !request.Path.StartsWith(root, StringComparison.Ordinal) ? null
            : request.Path.Length == root.Length ? ""
            : request.Path[root.Length] == '/' ? request.Path[(root.Length + 1)..] : null);
    }

    /// <summary>Whether each segment is the plain name of a file or directory, and no hidden one.</summary>
    public static bool IsPlain(string path)
    {
        foreach (var segment in path.AsSpan().Split('/'))
        {
            var name = path.AsSpan(segment);
            if (name.IsEmpty || name[0] == '.' || name[^1] is '.' or ' ' || name.ContainsAny(Strange))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a file or one of the directories that lead to it is a symbolic link, which may lead anywhere.</summary>
    public static bool HasLink(string root, string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (new FileInfo(Path.Combine(root, path[..end])).LinkTarget is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The request's own address with a slash at its end, relative to the address itself.</summary>
    public static string AsDirectory(HttpScope request) =>
        $"{Uri.EscapeDataString(request.Path[(request.Path.LastIndexOf('/') + 1)..])}/{(request.QueryString.Length > 0 ? $"?{request.QueryString}" : "")}";
}
