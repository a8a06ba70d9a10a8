using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>The HTTP side of the chat sample: one process for all, because nothing that is asked of it changes it.</summary>
public sealed class ChatSiteTests
{
    private static SampleProcess s_chat = null!; // set before the first test

    [OneTimeSetUp]
    public static async Task StartAsync() => s_chat = await SampleProcess.StartAsync("Chat");

    [OneTimeTearDown]
    public static async Task EndAsync()
    {
        if (s_chat is not null) // null when it has not started
        {
            await s_chat.DisposeAsync();
        }
    }

    [Test]
    public async Task The_page_and_its_files_come_with_a_strict_policy_and_are_revalidated()
    {
        using var http = new HttpClient { BaseAddress = s_chat.Url };
        foreach (var path in new[] { "/", "/room/lobby", "/room/lobby/" })
        {
            using var page = await http.GetAsync(path);
            Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
            Assert.That(page.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/html"));
            Assert.That(page.Headers.GetValues("content-security-policy").Single(), Does.Contain("default-src 'none'").And.Contain("frame-ancestors 'none'"));
            Assert.That(page.Headers.GetValues("x-content-type-options").Single(), Is.EqualTo("nosniff"));
        }

        using var script = await http.GetAsync("/assets/chat.js");
        Assert.That(script.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/javascript"));
        using var again = new HttpRequestMessage(HttpMethod.Get, "/assets/chat.js");
        again.Headers.IfNoneMatch.Add(new EntityTagHeaderValue(script.Headers.ETag!.Tag));
        using var unchanged = await http.SendAsync(again);
        Assert.That(unchanged.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));

        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/assets/chat.css"));
        Assert.That(head.Content.Headers.ContentLength, Is.GreaterThan(1000));
        using var post = await http.PostAsync("/", new StringContent("x"));
        Assert.That(post.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(await http.GetStringAsync("/rooms"), Is.EqualTo("[]"));
    }

    [TestCase("If-None-Match: *", 304)]
    [TestCase("If-None-Match: \"other\"\r\nIf-None-Match: {0}", 304)]
    [TestCase("If-None-Match: \"other\", W/{0}", 304)]
    [TestCase("If-None-Match: \"other\"", 200)]
    [TestCase("If-Match: \"other\"", 412)]
    [TestCase("If-Match: W/{0}", 412)]
    [TestCase("If-Match: \"other\", {0}", 200)]
    [TestCase("If-Match: *", 200)]
    [TestCase("If-Match: \"other\"\r\nIf-None-Match: {0}", 412)]
    public async Task Conditions_on_the_version_of_a_file_are_kept(string headers, int expected)
    {
        using var http = new HttpClient { BaseAddress = s_chat.Url };
        using var script = await http.GetAsync("/assets/chat.js");
        var conditions = headers.Replace("{0}", script.Headers.ETag!.Tag, StringComparison.Ordinal);

        Assert.That(await StatusAsync(s_chat.Url, "/assets/chat.js", conditions + "\r\n"), Is.EqualTo($"{expected}"));
    }

    [TestCase("/room/%C3%BCn%C3%AFcode/")]
    [TestCase("/room/a%20b")]
    [TestCase("/room/a/b/c")]
    [TestCase("/room/a-name-of-forty-one-characters-0123456789a/")]
    [Proves("FN-15")]
    public async Task A_room_that_cannot_be_has_a_page_that_says_so(string path)
    {
        using var http = new HttpClient { BaseAddress = s_chat.Url };
        using var page = await http.GetAsync(path);

        Assert.That((page.StatusCode, page.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.NotFound, "text/html")));
        Assert.That(await page.Content.ReadAsStringAsync(), Does.Contain("There is no such room").And.Contain("href=\"/\""));
    }

    [Test]
    [Proves("SEC-70")]
    public async Task No_path_leads_out_of_the_sites_files()
    {
        string[] paths =
        [
            "/assets/../Chat.dll", "/assets/%2e%2e/Chat.dll", "/assets/%2e%2e%2fChat.dll", "/assets/..%2f..%2f..%2fetc%2fpasswd",
            "/assets/%252e%252e%252fetc%252fpasswd", "/assets/..%5c..%5cwindows%5cwin.ini", "/assets/..\\..\\etc\\passwd",
            "/assets/chat.js%00.html", "/assets//etc/passwd", "/assets/C:%5Cwindows%5Cwin.ini", "/assets/%5c%5chost%5cshare",
            "/assets/....//....//etc/passwd", "/assets/..;/Chat.dll", "/assets/site%2findex.html", "//etc/passwd", "/../../etc/passwd",
            "/assets/%c0%ae%c0%ae/Chat.dll", "/assets/CHAT.JS",
        ];
        foreach (var path in paths)
        {
            Assert.That(await StatusAsync(s_chat.Url, path), Is.AnyOf("400", "404"), path);
        }

        Assert.That(await StatusAsync(s_chat.Url, "/assets/chat.js"), Is.EqualTo("200"));
    }

    // A raw request: every HTTP client tidies paths before it sends them.
    private static async Task<string> StatusAsync(Uri server, string path, string headers = "")
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host, server.Port);
        await socket.SendAsync(Encoding.Latin1.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n"));
        using var reader = new StreamReader(new NetworkStream(socket));
        return (await reader.ReadLineAsync())!.Split(' ')[1];
    }
}
