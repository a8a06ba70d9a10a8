using System.Net;
using Channels.AspNetCore;
using Channels.Kestrel;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.AspNetCore;

/// <summary>ASP.NET Core's sessions at requests and sockets.</summary>
public sealed class SessionTests
{
    [Test]
    [Proves("C-SESS-01", "C-SESS-04", "SEC-42")]
    public async Task A_request_that_writes_saves_when_its_response_starts_and_sets_one_cookie_with_the_usual_attributes()
    {
        await using var server = await StartAsync();
        using var answer = await server.Http.GetAsync("/set?word=tea");
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();

        Assert.That(cookie, Does.Match("^\\.AspNetCore\\.Session=[^;]+; path=/; samesite=lax; httponly$"));
        Assert.That(await GetAsync(server, "/get", cookie), Is.EqualTo("tea"));
        using var again = await SendAsync(server, "/set?word=coffee", cookie);
        Assert.That(again.Headers.Contains("Set-Cookie"), Is.False, "the browser has it");
        Assert.That(await GetAsync(server, "/get", cookie), Is.EqualTo("coffee"));
    }

    [Test]
    public async Task Who_writes_nothing_gets_no_cookie()
    {
        await using var server = await StartAsync();
        using var answer = await server.Http.GetAsync("/get");

        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("nothing"));
        Assert.That(answer.Headers.Contains("Set-Cookie"), Is.False);
    }

    [TestCase(SameSiteMode.Strict, "samesite=strict")]
    [TestCase(SameSiteMode.None, "samesite=none")]
    [Proves("C-SESS-02")]
    public async Task The_cookies_attributes_are_the_options(SameSiteMode mode, string attribute)
    {
        await using var server = await StartAsync(options =>
        {
            options.Cookie.SameSite = mode;
            options.Cookie.Name = "shop";
            options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        });
        using var answer = await server.Http.GetAsync("/set?word=tea");

        Assert.That(answer.Headers.GetValues("Set-Cookie").Single(), Does.StartWith("shop=").And.Contain(attribute).And.Contain("secure"));
    }

    [TestCase(500, "nothing")]
    [TestCase(503, "tea")]
    [Proves("C-SESS-06")]
    public async Task A_response_with_status_500_saves_nothing(int status, string found)
    {
        await using var server = await StartAsync();
        using var first = await server.Http.GetAsync("/set?other=x");
        var cookie = first.Headers.GetValues("Set-Cookie").Single();
        (await SendAsync(server, $"/set?word=tea&status={status}", cookie)).Dispose();

        Assert.That(await GetAsync(server, "/get", cookie), Is.EqualTo(found));
    }

    [Test]
    [Proves("C-SESS-03", "SEC-40")]
    public async Task Interleaved_requests_and_sockets_of_many_people_never_see_each_others_session()
    {
        await using var server = await StartAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (number, _) =>
        {
            using var set = await server.Http.GetAsync($"/set?word=w{number}", CancellationToken.None);
            var cookie = set.Headers.GetValues("Set-Cookie").Single();
            Assert.That(await GetAsync(server, "/get", cookie), Is.EqualTo($"w{number}"));
            using var socket = await Accounts.OpenAsync(server, "/ws", cookie.Split(';')[0]);
            await socket.SendTextAsync("get");
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo($"w{number}"));
        });
    }

    [Test]
    [Proves("C-SESS-07")]
    public async Task A_sockets_session_is_saved_when_the_application_says_so_and_never_by_itself()
    {
        await using var server = await StartAsync();
        using var set = await server.Http.GetAsync("/set?word=tea");
        var cookie = set.Headers.GetValues("Set-Cookie").Single();
        using (var socket = await Accounts.OpenAsync(server, "/ws", cookie.Split(';')[0]))
        {
            await socket.SendTextAsync("set unsaved");
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo("set"));
            Assert.That(await GetAsync(server, "/get", cookie), Is.EqualTo("tea"));
            await socket.SendTextAsync("save saved");
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo("saved"));
            await socket.SendTextAsync("set unsaved again");
            await socket.ReadTextAsync();
        }

        Assert.That(await GetAsync(server, "/get", cookie), Is.EqualTo("saved"));
    }

    [Test]
    [Proves("SEC-48")]
    public async Task A_socket_cannot_begin_a_session_that_the_browser_would_never_hear_of()
    {
        await using var server = await StartAsync();
        using var socket = await Accounts.OpenAsync(server, "/ws");
        await socket.SendTextAsync("set lost");

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo(nameof(InvalidOperationException)));
    }

    [TestCase("garbage")]
    [TestCase("%00")]
    [TestCase("CfDJ8AAAA")]
    [Proves("SEC-44")]
    public async Task A_cookie_that_is_not_ours_is_no_session_and_nothing_of_it_is_looked_up(string value)
    {
        var cache = new Watched();
        await using var server = await StartAsync(configure: builder => builder.Services.AddSingleton<IDistributedCache>(cache));

        Assert.That(await GetAsync(server, "/get", $".AspNetCore.Session={value}"), Is.EqualTo("nothing"));
        Assert.That(cache.Keys, Has.All.Matches<string>(key => Guid.TryParse(key, out _)), "the key of a new session");
    }

    [Test]
    public async Task A_session_is_loaded_when_it_is_looked_at_and_not_before()
    {
        var cache = new Watched();
        await using var server = await StartAsync(configure: builder => builder.Services.AddSingleton<IDistributedCache>(cache));
        using var set = await server.Http.GetAsync("/set?word=tea");
        cache.Keys.Clear();
        using var socket = await Accounts.OpenAsync(server, "/ws", set.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        await socket.SendTextAsync("hello");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("hello"));
        Assert.That(cache.Keys, Is.Empty);
        await socket.SendTextAsync("get");
        await socket.ReadTextAsync();

        Assert.That(cache.Keys, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_site_and_a_program_of_ours_that_share_keys_and_cache_share_sessions()
    {
        using var keys = new TestFolder();
        var cache = new Watched();
        await using var site = await WebSite.StartAsync(
            app =>
            {
                app.UseSession();
                app.MapGet("/set", (HttpContext context, string word) => context.Session.SetString("word", word));
                app.MapChannels("/mounted", new ProtocolTypeRouter { ["http"] = SessionMiddleware.Wrap(Reading) });
            },
            builder => Share(builder.Services));
        await using var server = await StartAsync(configure: builder => Share(builder.Services));
        using var set = await site.Client.GetAsync("/set?word=shared");
        var cookie = set.Headers.GetValues("Set-Cookie").Single();

        Assert.That(await GetAsync(server, "/get", cookie), Is.EqualTo("shared"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/mounted");
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        using var mounted = await site.Client.SendAsync(request);
        Assert.That(await mounted.Content.ReadAsStringAsync(), Is.EqualTo("shared"));

        void Share(IServiceCollection services)
        {
            services.AddSession();
            services.AddSingleton<IDistributedCache>(cache);
            services.AddDataProtection().SetApplicationName("shared").PersistKeysToFileSystem(new DirectoryInfo(keys.Path));
        }
    }

    private static Task<LiveServer> StartAsync(Action<SessionOptions>? options = null, Action<ChannelsHostBuilder>? configure = null) => LiveServer.StartAsync(
        new ProtocolTypeRouter
        {
            ["http"] = SessionMiddleware.Wrap(new UrlRouter { { "set", Writing }, { "get", Reading } }),
            ["websocket"] = SessionMiddleware.Wrap(new UrlRouter { { "ws", Consumer.Of<SessionConsumer>() } }),
        },
        builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession(options ?? (_ => { }));
            configure?.Invoke(builder);
        });

    private static async Task Writing(Scope scope, Receive receive, Send send)
    {
        var query = ((RequestScope)scope).QueryString.Split('&').Select(part => part.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        foreach (var (name, value) in query.Where(pair => pair.Key != "status"))
        {
            scope.GetSession().SetString(name, value);
        }

        await Respond.TextAsync(send, "set", int.Parse(query.GetValueOrDefault("status", "200"), System.Globalization.CultureInfo.InvariantCulture));
    }

    private static Task Reading(Scope scope, Receive receive, Send send) => Respond.TextAsync(send, scope.GetSession().GetString("word") ?? "nothing");

    private static async Task<string> GetAsync(LiveServer server, string path, string cookie)
    {
        using var answer = await SendAsync(server, path, cookie);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<HttpResponseMessage> SendAsync(LiveServer server, string path, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        return await server.Http.SendAsync(request);
    }

    private sealed class SessionConsumer : WebSocketConsumer
    {
        protected override async ValueTask OnTextAsync(string text)
        {
            var session = Scope.GetSession();
            switch (text.Split(' ', 2))
            {
                case ["get"]:
                    await session.LoadAsync();
                    await SendTextAsync(session.GetString("word") ?? "nothing");
                    break;
                case ["set", var word]:
                    await SendTextAsync(Write(session, word));
                    break;
                case ["save", var word]:
                    Write(session, word);
                    await session.CommitAsync();
                    await SendTextAsync("saved");
                    break;
                default:
                    await SendTextAsync(text);
                    break;
            }
        }

        private static string Write(ISession session, string word)
        {
            try
            {
                session.SetString("word", word);
                return "set";
            }
            catch (InvalidOperationException error)
            {
                return error.GetType().Name;
            }
        }
    }

    /// <summary>A cache in memory that notes what it is asked for.</summary>
    private sealed class Watched : IDistributedCache
    {
        private readonly Dictionary<string, byte[]> _entries = [];

        public List<string> Keys { get; } = [];

        public byte[]? Get(string key)
        {
            lock (_entries)
            {
                Keys.Add(key);
                return _entries.GetValueOrDefault(key);
            }
        }

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => Task.FromResult(Get(key));

        public void Refresh(string key)
        {
        }

        public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Remove(string key)
        {
            lock (_entries)
            {
                _entries.Remove(key);
            }
        }

        public Task RemoveAsync(string key, CancellationToken token = default)
        {
            Remove(key);
            return Task.CompletedTask;
        }

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
        {
            lock (_entries)
            {
                _entries[key] = value;
            }
        }

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            Set(key, value, options);
            return Task.CompletedTask;
        }
    }
}
