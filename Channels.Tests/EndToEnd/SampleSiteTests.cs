using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Channels.Tests.AspNetCore;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>The sample that is a site with accounts and a chat for those who are logged in, in both ways of hosting.</summary>
public sealed class SampleSiteTests
{
    private static readonly string[] Mounts = ["site", "channels"];

    [TestCaseSource(nameof(Mounts))]
    public async Task Who_is_logged_in_talks_in_a_room_and_to_one_person_alone(string mount)
    {
        using var folder = new TestFolder();
        await using var site = await StartAsync(folder, mount);
        using var http = Client(site);
        Assert.That(await StatusAsync(http, HttpMethod.Get, "/account/me"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await RefusalAsync(site, "/ws/room/tea/"), Is.EqualTo(HttpStatusCode.Unauthorized));
        var (ann, bob) = (await EnterAsync(http, "register", "ann"), await EnterAsync(http, "register", "bob"));
        Assert.That(await TextAsync(http, "/account/me", ann), Is.EqualTo("""{"name":"ann"}"""));

        using var annsSocket = await JoinAsync(site, "tea", ann);
        using var bobsSocket = await JoinAsync(site, "tea", bob);
        using var bobsOther = await JoinAsync(site, "coffee", bob);
        await annsSocket.SendTextAsync("""{"text":"hello all"}""");
        Assert.That(await annsSocket.ReadTextAsync(), Is.EqualTo("""{"from":"ann","text":"hello all"}"""));
        Assert.That(await bobsSocket.ReadTextAsync(), Is.EqualTo("""{"from":"ann","text":"hello all"}"""));
        await annsSocket.SendTextAsync("""{"to":"bob","text":"only you"}""");
        Assert.That(await bobsSocket.ReadTextAsync(), Is.EqualTo("""{"from":"ann","text":"only you"}"""));
        Assert.That(await bobsOther.ReadTextAsync(), Is.EqualTo("""{"from":"ann","text":"only you"}"""), "in whichever room");
        await bobsSocket.SendTextAsync("""{"text":"next"}""");
        Assert.That(await annsSocket.ReadTextAsync(), Is.EqualTo("""{"from":"bob","text":"next"}"""), "nothing private came here");
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task Accounts_are_kept_and_forms_of_other_sites_refused(string mount)
    {
        using var folder = new TestFolder();
        await using var site = await StartAsync(folder, mount);
        using var http = Client(site);
        await EnterAsync(http, "register", "ann");

        Assert.That(await PostAsync(http, "/account/register", "ann", "another"), Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(await PostAsync(http, "/account/register", " ann", "password"), Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await PostAsync(http, "/account/register", "a\u202Enn", "password"), Is.EqualTo(HttpStatusCode.BadRequest), "no marks that turn the text around");
        Assert.That(await PostAsync(http, "/account/register", "ann\n", "password"), Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await PostAsync(http, "/account/register", "ann", "password"), Is.EqualTo(HttpStatusCode.OK), "as a login");
        Assert.That(await PostAsync(http, "/account/login", "ann", "wrong"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await PostAsync(http, "/account/login", "zoe", "password"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await PostAsync(http, "/account/login", "ann", "password", "https://evil.example"), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await PostAsync(http, "/account/login", "ann", "password", "null"), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await PostAsync(http, "/account/login", "ann", "password", $"http://x@{site.Url.Authority}"), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await PostAsync(http, "/account/login", "ann", "password", $"http://{site.Url.Authority}.evil.example"), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await PostAsync(http, "/account/login", "ann", "password", $"http://{site.Url.Authority}"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await PostAsync(http, "/account/login", "ann", "password"), Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task A_logout_ends_copies_of_its_cookie_and_no_other_login(string mount)
    {
        using var folder = new TestFolder();
        await using var site = await StartAsync(folder, mount);
        using var http = Client(site);
        var (first, second) = (await EnterAsync(http, "register", "ann"), await EnterAsync(http, "login", "ann"));
        using var socket = await JoinAsync(site, "tea", second);
        Assert.That(await StatusAsync(http, HttpMethod.Post, "/account/logout", first), Is.EqualTo(HttpStatusCode.NoContent));

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("close 4401 logged out"));
        Assert.That(await StatusAsync(http, HttpMethod.Get, "/account/me", first), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await RefusalAsync(site, "/ws/room/tea/", first), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await TextAsync(http, "/account/me", second), Is.EqualTo("""{"name":"ann"}"""));
        Assert.That(await StatusAsync(http, HttpMethod.Post, "/account/logout", first), Is.EqualTo(HttpStatusCode.NoContent), "once more");
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task People_of_any_name_are_reached_and_what_is_no_handshake_finds_nothing(string mount)
    {
        using var folder = new TestFolder();
        await using var site = await StartAsync(folder, mount);
        using var http = Client(site);
        var ann = await EnterAsync(http, "register", "ann");
        using var sender = await JoinAsync(site, "tea", ann);
        foreach (var name in new[] { "Zoë O'Neil", "zoe@example.com", "\u738B", new string('z', 100) })
        {
            using var socket = await JoinAsync(site, "tea", await EnterAsync(http, "register", name));
            await sender.SendTextAsync(JsonSerializer.Serialize(new { to = name, text = "for you" }));
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo("""{"from":"ann","text":"for you"}"""), name);
        }

        Assert.That(await StatusAsync(http, HttpMethod.Get, "/ws/room/tea/", ann), Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    [Proves("SEC-47")]
    public async Task A_logout_closes_the_sockets_of_other_processes_too_whichever_way_they_are_hosted()
    {
        using var folder = new TestFolder();
        await using var redis = await RedisServer.StartAsync();
        await using var one = await StartAsync(folder, "site", "--layer", "redis", "--redis", redis.Address);
        await using var two = await StartAsync(folder, "channels", "--layer", "redis", "--redis", redis.Address);
        using var http = Client(one);
        var (ann, bob) = (await EnterAsync(http, "register", "ann"), await EnterAsync(http, "register", "bob"));
        using var here = await JoinAsync(one, "tea", ann);
        using var there = await JoinAsync(two, "tea", ann);
        using var other = await JoinAsync(two, "tea", bob);
        await here.SendTextAsync("""{"text":"hello"}""");
        Assert.That(await Task.WhenAll(here.ReadTextAsync(), there.ReadTextAsync(), other.ReadTextAsync()), Is.All.Contains("hello"));
        Assert.That(await StatusAsync(http, HttpMethod.Post, "/account/logout", ann), Is.EqualTo(HttpStatusCode.NoContent));

        Assert.That(await Task.WhenAll(here.ReadTextAsync(), there.ReadTextAsync()), Is.All.EqualTo("close 4401 logged out"));
        await other.SendTextAsync("""{"text":"still here"}""");
        Assert.That(await other.ReadTextAsync(), Does.Contain("still here"));
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task Two_browsers_register_talk_and_log_out(string mount)
    {
        ExternalTools.Require("npm:playwright-core");
        using var folder = new TestFolder();
        await using var site = await StartAsync(folder, mount);

        await NodeScript.RunAsync("site.js", ExternalTools.Require("chromium"), $"{site.Url}");
    }

    [Test]
    public async Task Another_way_of_hosting_does_not_exist()
    {
        var run = await SampleProcess.RunAsync("Site", "--mount", "sideways");

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Output);
        Assert.That(run.Output, Does.Contain("'sideways'").And.Contain("channels"));
    }

    private static Task<SampleProcess> StartAsync(TestFolder folder, string mount, params string[] more) =>
        SampleProcess.StartAsync("Site", ["--mount", mount, "--database", folder.PathOf("site.db"), .. more]);

    private static HttpClient Client(SampleProcess site) => new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = site.Url };

    private static async Task<string> EnterAsync(HttpClient http, string how, string name)
    {
        using var form = Form(name, "password");
        using var answer = await http.PostAsync($"/account/{how}", form);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private static FormUrlEncodedContent Form(string name, string password) => new([new("name", name), new("password", password)]);

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, string path, string name, string password, string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Form(name, password) };
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, HttpMethod method, string path, string? cookie = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<string> TextAsync(HttpClient http, string path, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", cookie);
        using var answer = await http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    private static Uri Socket(SampleProcess site, string path) => new UriBuilder(new Uri(site.Url, path)) { Scheme = "ws" }.Uri;

    private static async Task<ClientWebSocket> JoinAsync(SampleProcess site, string room, string cookie)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", cookie);
        await socket.ConnectAsync(Socket(site, $"/ws/room/{room}/"), CancellationToken.None);
        return socket;
    }

    private static async Task<HttpStatusCode> RefusalAsync(SampleProcess site, string path, string? cookie = null)
    {
        using var socket = new ClientWebSocket();
        if (cookie is not null)
        {
            socket.Options.SetRequestHeader("Cookie", cookie);
        }

        socket.Options.CollectHttpResponseDetails = true;
        Assert.CatchAsync<WebSocketException>(() => socket.ConnectAsync(Socket(site, path), CancellationToken.None));
        return await Task.FromResult(socket.HttpStatusCode);
    }
}
