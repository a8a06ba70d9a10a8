using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Channels;

namespace Samples;

/// <summary>
/// Serves files that are part of the assembly. A name is looked up in a table made at start, never joined to a path, so
/// there is nothing to climb out of.
/// </summary>
internal sealed class StaticSite
{
    // No script, style or request from anywhere but here; no frame around the page. 'self' covers the WebSocket, 'data:'
    // pictures that came through it.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private readonly FrozenDictionary<string, StaticFile> _files;

    public StaticSite(Assembly assembly, string prefix) => _files = assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
        .Select(name => Read(assembly, name, name[prefix.Length..]))
        .ToFrozenDictionary(file => file.Name, StringComparer.Ordinal);

    /// <summary>An application that always serves one file.</summary>
    public Application Serve(string name, int status = 200)
    {
        var file = _files[name];
        return (scope, _, send) => SendAsync((HttpScope)scope, file, send, status);
    }

    /// <summary>Serves the file that the route's <c>{file}</c> names.</summary>
    public Task ServeFiles(Scope scope, Receive receive, Send send) =>
        SendAsync((HttpScope)scope, _files.GetValueOrDefault(scope.Route["file"]), send);

    private static async Task SendAsync(HttpScope request, StaticFile? file, Send send, int status = 200)
    {
        if (file is null)
        {
            await Respond.TextAsync(send, 404, "There is no such file.");
            return;
        }

        if (request.Method is not ("GET" or "HEAD"))
        {
            await Respond.TextAsync(send, 405, "Only GET and HEAD are served here.", new HeaderList { { "allow", "GET, HEAD" } });
            return;
        }

        var headers = new HeaderList
        {
            { "etag", file.Tag },
            { "cache-control", "no-cache" }, // may be kept, but asks first: a new version shows at the next reload
            { "content-security-policy", ContentSecurityPolicy },
            { "x-content-type-options", "nosniff" },
            { "referrer-policy", "no-referrer" },
        };
        if (status == 200 && EntityTags.Judge(request.Headers, file.Tag) is { } otherwise)
        {
            await send(new HttpResponseStart(otherwise, headers));
            await send(new HttpResponseBody());
            return;
        }

        headers.Add("content-type", file.Type);
        headers.Add("content-length", $"{file.Content.Length}");
        await send(new HttpResponseStart(status, headers));
        await send(new HttpResponseBody(request.Method == "HEAD" ? default : file.Content));
    }

    private static StaticFile Read(Assembly assembly, string resource, string name)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!; // the name came from the assembly itself
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var bytes = content.ToArray();
        return new StaticFile(name, TypeOf(name), $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}\"", bytes);
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };

    private sealed record StaticFile(string Name, string Type, string Tag, byte[] Content);
}
