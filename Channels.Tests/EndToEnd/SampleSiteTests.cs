using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Channels.Tests.AspNetCore;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>
/// The sample that is a site with accounts and a chat for those who are logged in, in both ways of hosting. One site of each, as it takes
/// longer to start than what it is asked: each test has people and rooms of its own in it.
/// </summary>
public sealed class SampleSiteTests
{
    private static readonly string[] Mounts = ["site", "channels"];
    private static readonly Dictionary<string, SampleProcess> s_sites = [];
    private static TestFolder s_folder = null!; // set before the first test

    [OneTimeSetUp]
    public static async Task StartAsync()
    {
        s_folder = new TestFolder();
        foreach (var mount in Mounts)
        {
            s_sites.Add(mount, await StartAsync($"{mount}.db", mount));
        }
    }

    [OneTimeTearDown]
    public static async Task StopAsync()
    {
        foreach (var site in s_sites.Values)
        {
            await site.DisposeAsync();
        }

        s_folder?.Dispose(); // null when it was not made
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task Who_is_logged_in_talks_in_a_room_and_to_one_person_alone(string mount)
    {
        var site = s_sites[mount];
        using var http = Client(site);
        Assert.That(await StatusAsync(http, HttpMethod.Get, "/account/me"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await RefusalAsync(site, "/ws/room/tea/"), Is.EqualTo(HttpStatusCode.Unauthorized));
        var (amy, ben) = (await EnterAsync(http, "register", "amy"), await EnterAsync(http, "register", "ben"));
        Assert.That(await TextAsync(http, "/account/me", amy), Is.EqualTo("""{"name":"amy"}"""));

        using var amysSocket = await JoinAsync(site, "tea", amy);
        using var bensSocket = await JoinAsync(site, "tea", ben);
        using var bensOther = await JoinAsync(site, "coffee", ben);
        await amysSocket.SendTextAsync("""{"text":"hello all"}""");
        Assert.That(await amysSocket.ReadTextAsync(), Is.EqualTo("""{"from":"amy","text":"hello all"}"""));
        Assert.That(await bensSocket.ReadTextAsync(), Is.EqualTo("""{"from":"amy","text":"hello all"}"""));
        await amysSocket.SendTextAsync("""{"to":"ben","text":"only you"}""");
        Assert.That(await bensSocket.ReadTextAsync(), Is.EqualTo("""{"from":"amy","text":"only you"}"""));
        Assert.That(await bensOther.ReadTextAsync(), Is.EqualTo("""{"from":"amy","text":"only you"}"""), "in whichever room");
        await bensSocket.SendTextAsync("""{"text":"next"}""");
        Assert.That(await amysSocket.ReadTextAsync(), Is.EqualTo("""{"from":"ben","text":"next"}"""), "nothing private came here");
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task Accounts_are_kept_and_forms_of_other_sites_refused(string mount)
    {
        var site = s_sites[mount];
        using var http = Client(site);
        await EnterAsync(http, "register", "cleo");

        Assert.That(await PostAsync(http, "/account/register", "cleo", "another"), Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(await PostAsync(http, "/account/register", " cleo", "password"), Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await PostAsync(http, "/account/register", "cl\u202Eeo", "password"), Is.EqualTo(HttpStatusCode.BadRequest), "no marks that turn the text around");
        Assert.That(await PostAsync(http, "/account/register", "cleo\n", "password"), Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await PostAsync(http, "/account/register", "cleo", "password"), Is.EqualTo(HttpStatusCode.OK), "as a login");
        Assert.That(await PostAsync(http, "/account/login", "cleo", "wrong"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await PostAsync(http, "/account/login", "zoe", "password"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await PostAsync(http, "/account/login", "cleo", "password", "https://evil.example"), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await PostAsync(http, "/account/login", "cleo", "password", "null"), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await PostAsync(http, "/account/login", "cleo", "password", $"http://x@{site.Url.Authority}"), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await PostAsync(http, "/account/login", "cleo", "password", $"http://{site.Url.Authority}.evil.example"), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await PostAsync(http, "/account/login", "cleo", "password", $"http://{site.Url.Authority}"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await PostAsync(http, "/account/login", "cleo", "password"), Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task A_logout_ends_copies_of_its_cookie_and_no_other_login(string mount)
    {
        var site = s_sites[mount];
        using var http = Client(site);
        var (first, second) = (await EnterAsync(http, "register", "dan"), await EnterAsync(http, "login", "dan"));
        using var socket = await JoinAsync(site, "milk", second);
        Assert.That(await StatusAsync(http, HttpMethod.Post, "/account/logout", first), Is.EqualTo(HttpStatusCode.NoContent));

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("close 4401 logged out"));
        Assert.That(await StatusAsync(http, HttpMethod.Get, "/account/me", first), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await RefusalAsync(site, "/ws/room/tea/", first), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await TextAsync(http, "/account/me", second), Is.EqualTo("""{"name":"dan"}"""));
        Assert.That(await StatusAsync(http, HttpMethod.Post, "/account/logout", first), Is.EqualTo(HttpStatusCode.NoContent), "once more");
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task People_of_any_name_are_reached_and_what_is_no_handshake_finds_nothing(string mount)
    {
        var site = s_sites[mount];
        using var http = Client(site);
        var eva = await EnterAsync(http, "register", "eva");
        using var sender = await JoinAsync(site, "juice", eva);
        foreach (var name in new[] { "Zoë O'Neil", "zoe@example.com", "\u738B", new string('z', 100) })
        {
            using var socket = await JoinAsync(site, "juice", await EnterAsync(http, "register", name));
            await sender.SendTextAsync(JsonSerializer.Serialize(new { to = name, text = "for you" }));
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo("""{"from":"eva","text":"for you"}"""), name);
        }

        Assert.That(await StatusAsync(http, HttpMethod.Get, "/ws/room/juice/", eva), Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    [Proves("SEC-47")]
    public async Task A_logout_closes_the_sockets_of_other_processes_too_whichever_way_they_are_hosted()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await StartAsync("both.db", "site", RedisOptions.Arguments("redis", redis.Address));
        await using var two = await StartAsync("both.db", "channels", RedisOptions.Arguments("redis", redis.Address));
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
        await NodeScript.RunAsync("site.js", ExternalTools.Require("chromium"), $"{s_sites[mount].Url}");
    }

    [Test]
    public async Task Another_way_of_hosting_does_not_exist()
    {
        var run = await SampleProcess.RunAsync("Site", "--mount", "sideways");

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Output);
        Assert.That(run.Output, Does.Contain("'sideways'").And.Contain("channels"));
    }

    private static Task<SampleProcess> StartAsync(string database, string mount, params string[] more) =>
        SampleProcess.StartAsync("Site", ["--mount", mount, "--database", s_folder.PathOf(database), .. more]);

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
