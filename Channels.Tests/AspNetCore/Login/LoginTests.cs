using System.Net;
using System.Security.Claims;
using Channels.AspNetCore;
using Channels.Kestrel;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.AspNetCore;

/// <summary>Who is at the other end, by cookies and tokens.</summary>
public sealed class LoginTests
{
    [Test]
    [Proves("C-AUTH-02", "C-AUTH-03", "C-AUTH-04", "E-23")]
    public async Task A_login_over_http_is_known_at_requests_and_sockets_until_its_logout()
    {
        await using var server = await Accounts.StartAsync();
        var cookie = await Accounts.LoginAsync(server.Http, "ann");
        using var socket = await Accounts.OpenAsync(server, "/members", cookie);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("ann|True||"));
        Assert.That(await GetAsync(server, "/me", cookie), Is.EqualTo("ann|"));

        using var request = new HttpRequestMessage(HttpMethod.Post, "/logout");
        request.Headers.Add("Cookie", cookie);
        using var answer = await server.Http.SendAsync(request);
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("bye False"));
        Assert.That(answer.Headers.GetValues("Set-Cookie").Single(), Does.StartWith(cookie.Split('=')[0] + "=;").And.Contain("expires=Thu, 01 Jan 1970"));
    }

    [Test]
    [Proves("C-AUTH-05")]
    public async Task Nobody_is_a_principal_without_authentication_who_can_log_out()
    {
        await using var server = await Accounts.StartAsync();
        using var socket = await Accounts.OpenAsync(server, "/open");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("nobody|False||"));
        await socket.SendTextAsync("logout");

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("nobody|False||"));
    }

    [TestCase("tampered")]
    [TestCase("truncated")]
    [TestCase("garbage")]
    [TestCase("%00%ff")]
    [Proves("SEC-41")]
    public async Task A_cookie_that_is_not_ours_is_nobodys_and_no_error(string kind)
    {
        var log = new LogRecord();
        await using var server = await Accounts.StartAsync(configure: builder => builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Warning));
        var cookie = await Accounts.LoginAsync(server.Http, "ann");
        var bad = kind switch
        {
            "tampered" => $"{cookie[..^5]}AAAAA",
            "truncated" => cookie[..(cookie.Length / 2)],
            _ => $"{cookie.Split('=')[0]}={kind}",
        };

        Assert.That(await Accounts.RefusalAsync(server, "/members", bad), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await GetAsync(server, "/me", bad), Is.EqualTo("|"));
        Assert.That(log.Errors, Is.Empty);
    }

    [Test]
    [Proves("E-85")]
    public async Task A_cookie_of_another_program_is_known_where_the_keys_are_shared()
    {
        using var keys = new TestFolder();
        await using var site = await WebSite.StartAsync(app => app.MapPost("/login", (HttpContext context) => context.SignInAsync(Accounts.Person("ann"))), builder =>
        {
            Accounts.AddLogins(builder.Services);
            Share(builder.Services);
        });
        await using var server = await Accounts.StartAsync(configure: builder => Share(builder.Services));
        await using var stranger = await Accounts.StartAsync();
        var cookie = await Accounts.LoginAsync(site.Client, "ann");
        using var socket = await Accounts.OpenAsync(server, "/members", cookie);

        Assert.That(await socket.ReadTextAsync(), Does.StartWith("ann|True"));
        Assert.That(await Accounts.RefusalAsync(stranger, "/members", cookie), Is.EqualTo(HttpStatusCode.Unauthorized));

        void Share(IServiceCollection services) => services.AddDataProtection().SetApplicationName("shared").PersistKeysToFileSystem(new DirectoryInfo(keys.Path));
    }

    [Test]
    public async Task Users_are_demanded_before_a_socket_is_accepted_or_a_request_is_served()
    {
        await using var server = await Accounts.StartAsync();
        var (guest, staff) = (await Accounts.LoginAsync(server.Http, "bob"), await Accounts.LoginAsync(server.Http, "ann", "staff"));

        Assert.That(await Accounts.RefusalAsync(server, "/members"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await Accounts.RefusalAsync(server, "/staff"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await Accounts.RefusalAsync(server, "/staff", guest), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await Accounts.RefusalAsync(server, "/staff", staff), Is.EqualTo(HttpStatusCode.SwitchingProtocols));
        Assert.That(await StatusAsync(server, null), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await StatusAsync(server, guest), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await StatusAsync(server, staff), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    [Proves("SEC-19")]
    public async Task Browsers_send_tokens_by_query_or_subprotocol_and_neither_application_nor_log_nor_answer_has_them()
    {
        var log = new LogRecord();
        var options = new AuthOptions { Schemes = ["Cookies", "Bearer"], TokenQueryParameter = "access_token", TokenSubprotocolPrefix = "bearer." };
        await using var server = await Accounts.StartAsync(options: options, configure: builder =>
        {
            builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace);
            builder.Set("Channels:Server:AccessLog", "true");
        });
        var token = Accounts.Token("ann");
        using (var byQuery = await Accounts.OpenAsync(server, $"/members?a=1&access_token={token}&b=2"))
        using (var bySubprotocol = await Accounts.OpenAsync(server, "/members", null, "chat", $"bearer.{token}"))
        using (var byHeader = await server.ConnectAsync("/members", socket => socket.SetRequestHeader("Authorization", $"Bearer {token}")))
        {
            Assert.That(await byQuery.ReadTextAsync(), Is.EqualTo("ann|True|a=1&b=2|"));
            Assert.That(await bySubprotocol.ReadTextAsync(), Is.EqualTo("ann|True||chat"));
            Assert.That(bySubprotocol.SubProtocol, Is.EqualTo("chat"));
            Assert.That(await byHeader.ReadTextAsync(), Does.StartWith("ann|True"));
        }

        Assert.That(await Accounts.RefusalAsync(server, "/members?access_token=nonsense"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await server.Http.GetStringAsync($"/me?access_token={token}"), Is.EqualTo("ann|"));

        await Eventually.Is(() => log.Lines.Count(line => line.Category == "Channels.Access") == 5); // of sockets when they have ended
        Assert.That(log.Lines.Where(line => line.Text.Contains(token, StringComparison.Ordinal)).Select(line => line.Category), Is.Empty);
    }

    [Test]
    [Proves("C-AUTH-07")]
    public async Task A_user_whom_somebody_above_has_found_is_kept()
    {
        await using var services = TestServices.Create(Accounts.AddLogins);
        string? seen = null;
        Application app = AuthMiddleware.Wrap(async (scope, receive, send) =>
        {
            seen = scope.GetUser().Identity?.Name;
            await receive();
            await send(new WebSocketAccept());
        });
        await using var socket = Communicator.WebSocket(app, "/").WithServices(services).WithUser("zoe");
        await socket.ConnectAsync();

        Assert.That(seen, Is.EqualTo("zoe"));
    }

    [Test]
    [Proves("C-AUTH-01")]
    public async Task Logging_in_without_the_middleware_or_without_a_user_names_the_mistake()
    {
        await using var services = TestServices.Create(Accounts.AddLogins);
        var scope = new HttpScope { Path = "/", Services = services };

        Assert.That(() => scope.LoginAsync(Accounts.Person("ann")), Throws.InvalidOperationException.With.Message.Contains("AuthMiddleware"));
        Assert.That(() => scope.LoginAsync(new ClaimsPrincipal(new ClaimsIdentity())), Throws.ArgumentException.With.Message.Contains("not authenticated"));
    }

    [Test]
    public void Missing_services_stop_the_start() => Assert.Multiple(() =>
    {
        Assert.That(() => LiveServer.StartAsync(AuthMiddleware.Wrap(Consumer.Of<Silent>())), Throws.InvalidOperationException.With.Message.Contains("AddAuthentication"));
        Assert.That(() => LiveServer.StartAsync(AuthStack.Wrap(Consumer.Of<Silent>()), builder => builder.Services.AddAuthentication()), Throws.InvalidOperationException.With.Message.Contains("AddSession"));
        Assert.That(() => LiveServer.StartAsync(RequireUser.Wrap(Consumer.Of<Silent>(), "staff")), Throws.InvalidOperationException.With.Message.Contains("'staff'"));
    });

    [Test]
    public async Task Sockets_beside_a_site_know_the_users_of_the_sites_own_services()
    {
        var site = AspNetCoreSite.Create(
            web => Accounts.AddLogins(web.Services),
            app => app.MapPost("/login", (HttpContext context) => context.SignInAsync(Accounts.Person("ann"))));
        await using var server = await LiveServer.StartAsync(new ProtocolTypeRouter
        {
            ["http"] = site,
            ["websocket"] = AuthMiddleware.Wrap(RequireUser.Wrap(Consumer.Of<Greeter>(), "guests", site), new AuthOptions { Site = site }),
        }, builder => builder.Services.AddSingleton<IGreeting, Greeting>());
        var cookie = await Accounts.LoginAsync(server.Http, "ann");

        Assert.That(await Accounts.RefusalAsync(server, "/"), Is.EqualTo(HttpStatusCode.Unauthorized));
        using var socket = await Accounts.OpenAsync(server, "/", cookie);
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("hello ann"));
    }

    private static async Task<string> GetAsync(LiveServer server, string path, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", cookie);
        using var answer = await server.Http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<HttpStatusCode> StatusAsync(LiveServer server, string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/staff");
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        using var answer = await server.Http.SendAsync(request);
        return answer.StatusCode;
    }

    private sealed class Silent : WebSocketConsumer;

    private sealed class Greeter(IGreeting greeting) : WebSocketConsumer
    {
        protected override async ValueTask OnConnectAsync()
        {
            await AcceptAsync();
            await SendTextAsync($"{greeting.Text} {Scope.User?.Identity?.Name}");
        }
    }

    private sealed class Greeting : IGreeting
    {
        public string Text => "hello";
    }
}

/// <summary>A service of the host's, which a consumer beside the site asks for.</summary>
public interface IGreeting
{
    /// <summary>How to greet.</summary>
    string Text { get; }
}
