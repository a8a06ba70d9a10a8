using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.FileProviders;

namespace Channels.Tests.Http;

/// <summary>The files of a directory or provider, and no others.</summary>
[Proves("FN-17")]
public sealed class StaticFilesTests
{
    private TestFolder _folder = null!;
    private string _root = "";
    private string _site = "";

    [SetUp]
    public void MakeFiles()
    {
        _folder = new TestFolder();
        _root = _folder.Path;
        _site = Path.Combine(_root, "site");
        Directory.CreateDirectory(Path.Combine(_site, "docs", ".git"));
        Directory.CreateDirectory(Path.Combine(_site, "empty"));
        foreach (var file in (string[])["site/index.html", "site/app.js", "site/odd 100%.txt", "site/x.weird", "site/.env", "site/docs/index.html", "site/docs/.git/config", "secret.txt"])
        {
            File.WriteAllText(Path.Combine(_root, file), file);
        }

        File.CreateSymbolicLink(Path.Combine(_site, "link.txt"), Path.Combine(_root, "secret.txt"));
        Directory.CreateSymbolicLink(Path.Combine(_site, "linked"), _root);
    }

    [TearDown]
    public void RemoveFiles() => _folder.Dispose();

    [TestCase("/assets/app.js", "text/javascript; charset=utf-8", "site/app.js")]
    [TestCase("/assets/", "text/html; charset=utf-8", "site/index.html")]
    [TestCase("/assets/docs/", "text/html; charset=utf-8", "site/docs/index.html")]
    [TestCase("/assets/odd%20100%25.txt", "text/plain; charset=utf-8", "site/odd 100%.txt")]
    [TestCase("/assets/x.weird", "application/octet-stream", "site/x.weird")]
    public async Task A_path_below_the_route_is_a_file(string path, string type, string content)
    {
        var answer = await AskAsync(path);
        Assert.That((answer.Status, answer.Headers["content-type"], answer.Text), Is.EqualTo((200, type, content)));
        Assert.That((answer.Headers["cache-control"], answer.Headers["x-content-type-options"]), Is.EqualTo(("no-cache", "nosniff")));
    }

    [TestCase("/assets/../secret.txt")]
    [TestCase("/assets/%2e%2e/secret.txt")]
    [TestCase("/assets/..%2fsecret.txt")]
    [TestCase("/assets/..\\secret.txt")]
    [TestCase("/assets/docs/../../secret.txt")]
    [TestCase("/assets/./app.js")]
    [TestCase("/assets//app.js")]
    [TestCase("/assets//etc/passwd")]
    [TestCase("/assets/app.js\0")]
    [TestCase("/assets/app.js\n")]
    [TestCase("/assets/app.js ")]
    [TestCase("/assets/app.js.")]
    [TestCase("/assets/app.js::$DATA")]
    [TestCase("/assets/app.js/")]
    [TestCase("/assets/C:\\windows\\win.ini")]
    [TestCase("/assets/.env")]
    [TestCase("/assets/docs/.git/config")]
    [TestCase("/assets/link.txt")]
    [TestCase("/assets/linked/secret.txt")]
    [TestCase("/assets/linked/site/app.js")]
    [TestCase("/assets/*.js")]
    [TestCase("/assets/empty/")]
    [TestCase("/assets/empty")]
    [TestCase("/assets/none.txt")]
    public async Task Nothing_else_is_served(string decoded)
    {
        Application app = new UrlRouter { { "assets/", new StaticFiles(_site) } };
        await using var request = Communicator.Http((scope, receive, send) => app((HttpScope)scope with { Path = decoded }, receive, send), "GET", "/");
        Assert.That((await request.GetResponseAsync()).Status, Is.EqualTo(404));
    }

    [TestCase("/assets/docs", "docs/")]
    [TestCase("/assets/docs?a=b", "docs/?a=b")]
    [TestCase("/assets", "assets/")]
    public async Task A_directory_is_sent_to_its_address_with_a_slash(string path, string location)
    {
        var answer = await AskAsync(path);
        Assert.That((answer.Status, answer.Headers["location"]), Is.EqualTo((308, location)));
    }

    [Test]
    public async Task A_path_without_a_file_goes_on_to_the_next_route()
    {
        var files = new StaticFiles(_site);
        Application app = new UrlRouter { { "", files }, { "{**rest}", files.Serve("index.html") } };
        Assert.That((await AskAsync(app, "/deep/link")).Text, Is.EqualTo("site/index.html"));
        Assert.That((await AskAsync(app, "/app.js")).Text, Is.EqualTo("site/app.js"));
    }

    [Test]
    public async Task The_page_of_an_error_is_sent_whole_whatever_the_conditions()
    {
        await using var request = Communicator.Http(new StaticFiles(_site).Serve("index.html", status: 404), "GET", "/").WithHeader("if-none-match", "*").WithHeader("range", "bytes=0-1");
        var answer = await request.GetResponseAsync();
        Assert.That((answer.Status, answer.Text), Is.EqualTo((404, "site/index.html")));
    }

    [TestCase("/", "", 200)]
    [TestCase("/app.js", "", 200)]
    [TestCase("/mount/app.js", "/mount", 200)]
    [TestCase("/mounted/app.js", "/mount", 404)]
    [TestCase("/elsewhere", "/mount", 404)]
    [TestCase("/none", "", 404)]
    public async Task It_needs_no_router(string path, string root, int status)
    {
        Application files = new StaticFiles(_site);
        await using var request = Communicator.Http((scope, receive, send) => files((HttpScope)scope with { RootPath = root }, receive, send), "GET", path);
        Assert.That((await request.GetResponseAsync()).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task What_is_told_about_files_can_be_changed()
    {
        var files = new StaticFiles(new PhysicalFileProvider(_site))
        {
            CacheControl = "max-age=60",
            DefaultDocument = null,
            ContentTypes = new Dictionary<string, string> { [".weird"] = "text/weird" },
            Headers = new HeaderList { { "content-security-policy", "default-src 'none'" } },
        };
        var answer = await AskAsync(files, "/x.weird");
        Assert.That((answer.Headers["content-type"], answer.Headers["cache-control"], answer.Headers["content-security-policy"]), Is.EqualTo(("text/weird", "max-age=60", "default-src 'none'")));
        Assert.That((await AskAsync(files, "/")).Status, Is.EqualTo(404));
        var linked = await AskAsync(files, "/link.txt");
        Assert.That((linked.Text, linked.Headers["content-type"]), Is.EqualTo(("secret.txt", "text/plain; charset=utf-8")), "what a provider shows is served, with the length of what a link leads to");
    }

    [Test]
    public void Mistakes_are_reported_at_once()
    {
        Assert.That(() => new StaticFiles(Path.Combine(_root, "none")), Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains("none"));
        Assert.That(() => new StaticFiles(_site).Serve("none.html"), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("'none.html'"));
        Assert.That(() => new StaticFiles(_site).Serve("../secret.txt"), Throws.TypeOf<FileNotFoundException>());
        Assert.That(async () => await new StaticFiles(_site).InvokeAsync(new WebSocketScope { Path = "/" }, null!, (_, _) => default), Throws.TypeOf<UnsupportedScopeException>());
    }

    private Task<HttpResult> AskAsync(string path) => AskAsync(new UrlRouter { { "assets/", new StaticFiles(_site) } }, path);

    private static async Task<HttpResult> AskAsync(Application app, string path)
    {
        await using var request = Communicator.Http(app, "GET", path);
        return await request.GetResponseAsync();
    }
}
