using System.Collections.Frozen;
using Microsoft.Extensions.FileProviders;

namespace Channels;

/// <summary>
/// Serves the files of a directory, or of another <see cref="IFileProvider"/>, to GET and HEAD: with entity tags,
/// conditions and ranges (RFC 9110, sections 13 and 14). Below a router it serves what the route leaves of the path:
/// <c>new UrlRouter { { "assets/", new StaticFiles("wwwroot") } }</c>. A path without a file goes on to the router's
/// next route. Immutable; safe from any thread.
/// </summary>
/// <remarks>
/// No path leads out of the files: segments that are empty or begin with a dot, and those with a backslash, a colon, a
/// control character, or a dot or blank at their end, name nothing. Beneath a directory neither hidden files nor
/// symbolic links are served.
/// </remarks>
public sealed class StaticFiles : IPrefixApplication
{
    private readonly IFileProvider _files;
    private readonly string? _directory;

    /// <summary>Serves the files of a directory.</summary>
    /// <param name="directory">The directory; a relative one is looked for beside the program, in <see cref="AppContext.BaseDirectory"/>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public StaticFiles(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory, AppContext.BaseDirectory);
        if (!Directory.Exists(_directory))
        {
            throw new DirectoryNotFoundException($"There is no directory '{_directory}' to serve files from.");
        }

        _files = new PhysicalFileProvider(_directory);
    }

    /// <summary>Serves the files of a provider, for example those that an assembly has embedded.</summary>
    /// <param name="files">The provider. What it shows is served, symbolic links included; it stays the caller's.</param>
    public StaticFiles(IFileProvider files)
    {
        ArgumentNullException.ThrowIfNull(files);
        _files = files;
    }

    /// <summary>The name of the file that stands for its directory; null for none. Default <c>index.html</c>.</summary>
    public string? DefaultDocument { get; init; } = "index.html";

    /// <summary>
    /// The <c>cache-control</c> field; null for none. Default <c>no-cache</c>: a copy may be kept, but its holder asks
    /// first, so that a new version shows at once. For names that change with their content use
    /// <c>public, max-age=31536000, immutable</c>.
    /// </summary>
    public string? CacheControl { get; init; } = "no-cache";

    /// <summary>Further headers of every response with a file; null, the default, for none beyond <c>x-content-type-options: nosniff</c>.</summary>
    public HeaderList? Headers { get; init; }

    /// <summary>Content types by extension, dot included, beside the well-known ones and before them. Default none.</summary>
    public IReadOnlyDictionary<string, string> ContentTypes { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <inheritdoc/>
    public string Description => nameof(StaticFiles);

    /// <inheritdoc/>
    IReadOnlyList<ApplicationBranch> IApplicationNode.Branches => [];

    /// <summary>The files as an application.</summary>
    /// <param name="files">The files.</param>
    public static implicit operator Application(StaticFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return files.InvokeAsync;
    }

    /// <summary>The files as an application.</summary>
    public Application ToApplication() => InvokeAsync;

    /// <summary>An application that serves one of the files, whatever the path: the page behind several addresses, for example.</summary>
    /// <param name="path">The file's path within the files, for example <c>index.html</c>.</param>
    /// <param name="status">The status code. Default 200; with another one, as for the page of an error, conditions and ranges are not looked at.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public Application Serve(string path, int status = 200)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Find(path) is not { Exists: true })
        {
            throw new FileNotFoundException($"There is no file '{path}' among those to serve.");
        }

        return new OneFile(this, path, status).InvokeAsync;
    }

    /// <inheritdoc/>
    void IApplicationNode.Prepare(IServiceProvider services)
    {
    }

    /// <summary>Answers one request.</summary>
    /// <param name="scope">An HTTP request.</param>
    /// <param name="receive">Not used: a body is left unread.</param>
    /// <param name="send">Sends an event to the peer.</param>
    /// <exception cref="UnsupportedScopeException">The scope is no HTTP request.</exception>
    /// <exception cref="RouteNotFoundException">There is no such file, and a router stands around this application.</exception>
    public Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(send);
        if (scope is not HttpScope request)
        {
            return Task.FromException(new UnsupportedScopeException(Description, scope, "http"));
        }

        if (FilePath.Below(request) is not { } path)
        {
            return NotFoundAsync(request, send);
        }

        if (Find(path) is { Exists: true } file)
        {
            return SendAsync(request, send, file);
        }

        var isDirectory = path.Length == 0 || path.EndsWith('/');
        if (FindDefault(isDirectory ? path : $"{path}/") is not { } page)
        {
            return NotFoundAsync(request, send);
        }

        // Links of a page are relative to its directory, whose address ends in a slash.
        return request.Path.EndsWith('/') ? SendAsync(request, send, page) : Respond.RedirectAsync(send, FilePath.AsDirectory(request), 308);
    }

    private IFileInfo? FindDefault(string directory) =>
        DefaultDocument is { } name && Find(directory + name) is { Exists: true } file ? file : null;

    private IFileInfo? Find(string path) =>
        FilePath.IsPlain(path) && _files.GetFileInfo(path) is { IsDirectory: false } file && !(_directory is { } root && FilePath.HasLink(root, path)) ? file : null;

    private Task SendAsync(HttpScope request, Send send, IFileInfo file, int status = 200)
    {
        var headers = new HeaderList { { "x-content-type-options", "nosniff" } };
        if (CacheControl is { } cacheControl)
        {
            headers.Add("cache-control", cacheControl);
        }

        var contentType = ContentTypes.GetValueOrDefault(Path.GetExtension(file.Name)) ?? MediaType.OfFile(file.Name);
        return new FileResponse(request, send, file, contentType, headers.With(Headers), status).SendAsync();
    }

    private static Task NotFoundAsync(HttpScope request, Send send) => request.Route.Remaining is null
        ? Respond.TextAsync(send, "There is no such file.", 404)
        : Task.FromException(new RouteNotFoundException($"There is no file for {request}."));

    private sealed class OneFile(StaticFiles files, string path, int status) : IApplicationNode
    {
        public string Description => $"{nameof(StaticFiles)} {path}";

        public IReadOnlyList<ApplicationBranch> Branches => [];

        public void Prepare(IServiceProvider services)
        {
        }

        public Task InvokeAsync(Scope scope, Receive receive, Send send) => scope is not HttpScope request
            ? Task.FromException(new UnsupportedScopeException(Description, scope, "http"))
            : files.Find(path) is { } file ? files.SendAsync(request, send, file, status) : NotFoundAsync(request, send);
    }
}
