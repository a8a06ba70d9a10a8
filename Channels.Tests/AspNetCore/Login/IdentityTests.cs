using System.Net;
using System.Net.WebSockets;
using Channels.AspNetCore;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.AspNetCore;

/// <summary>ASP.NET Core Identity itself: its managers, cookies and security stamps.</summary>
public sealed class IdentityTests
{
    private const string Password = "Pa55-word";

    // Asked as often as a test can wait for it; Identity then looks at the stamp each time.
    private static readonly AuthOptions Often = new() { RevalidateEvery = TimeSpan.FromMilliseconds(50) };

    private readonly LogRecord _log = new();

    [Test]
    [Proves("C-AUTH-06")]
    public async Task A_new_security_stamp_ends_the_sockets_of_its_user_alone()
    {
        await using var server = await LiveServer.StartAsync(
            new ProtocolTypeRouter
            {
                ["http"] = AuthMiddleware.Wrap(new UrlRouter { { "POST login", Consumer.Of<LoginConsumer>() }, { "me", (scope, _, send) => Respond.TextAsync(send, $"{scope.GetUser().Identity!.Name}") } }),
                ["websocket"] = AuthMiddleware.Wrap(RequireUser.Wrap(Consumer.Of<Echo>()), Often),
            },
            builder =>
            {
                AddIdentity(builder.Services);
                builder.Logging.AddProvider(_log);
            });
        await RegisterAsync(server.Services, "ann", "bob");
        using var wrong = await server.Http.PostAsync("/login?ann", new StringContent("wrong"));
        Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        var (ann, bob) = (await LoginAsync(server.Http, "ann"), await LoginAsync(server.Http, "bob"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me") { Headers = { { "Cookie", ann } } };
        using var me = await server.Http.SendAsync(request);
        Assert.That(await me.Content.ReadAsStringAsync(), Is.EqualTo("ann"));
        using var first = await Accounts.OpenAsync(server, "/", ann);
        using var second = await Accounts.OpenAsync(server, "/", bob);

        await ExpectEndAsync(server.Services, first, second);
        Assert.That(await Accounts.RefusalAsync(server, "/", ann), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("C-AUTH-06")]
    public async Task It_does_so_in_a_site_too_whoever_has_found_the_user(bool bySite)
    {
        await using var site = await WebSite.StartAsync(
            app =>
            {
                if (bySite)
                {
                    app.UseAuthentication();
                }

                app.MapPost("/login", async (HttpContext context, SignInManager<IdentityUser> logins) =>
                {
                    using var reader = new StreamReader(context.Request.Body);
                    await logins.PasswordSignInAsync(context.Request.QueryString.Value![1..], await reader.ReadToEndAsync(), isPersistent: false, lockoutOnFailure: false);
                });
                app.MapChannels("/ws", AuthMiddleware.Wrap(RequireUser.Wrap(Consumer.Of<Echo>()), Often));
            },
            builder => AddIdentity(builder.Services));
        await RegisterAsync(site.App.Services, "ann", "bob");
        using var first = await OpenAsync("ann");
        using var second = await OpenAsync("bob");

        await ExpectEndAsync(site.App.Services, first, second, site.Log);

        async Task<ClientWebSocket> OpenAsync(string name)
        {
            var cookie = await LoginAsync(site.Client, name);
            return await site.ConnectAsync("/ws", socket => socket.Options.SetRequestHeader("Cookie", cookie));
        }
    }

    [Test]
    public async Task A_token_that_a_login_of_the_same_program_gives_out_opens_a_socket()
    {
        await using var server = await LiveServer.StartAsync(
            new ProtocolTypeRouter
            {
                ["http"] = new UrlRouter { { "POST token", Consumer.Of<TokenConsumer>() } },
                ["websocket"] = AuthMiddleware.Wrap(RequireUser.Wrap(Consumer.Of<Echo>()), new AuthOptions { Schemes = ["Bearer"], TokenSubprotocolPrefix = "bearer." }),
            },
            builder =>
            {
                Accounts.AddLogins(builder.Services);
                builder.Services.AddIdentityCore<IdentityUser>();
                builder.Services.AddSingleton<IUserStore<IdentityUser>>(new MemberStore());
            });
        await RegisterAsync(server.Services, "ann");
        using var wrong = await server.Http.PostAsync("/token?ann", new StringContent("wrong"));
        Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        using var answer = await server.Http.PostAsync("/token?ann", new StringContent(Password));
        using var socket = await Accounts.OpenAsync(server, "/", null, $"bearer.{await answer.Content.ReadAsStringAsync()}");
        await socket.SendTextAsync("here");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("here"));
    }

    private static void AddIdentity(IServiceCollection services)
    {
        services.AddIdentityCore<IdentityUser>().AddSignInManager();
        services.AddSingleton<IUserStore<IdentityUser>>(new MemberStore());
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies();
        services.Configure<SecurityStampValidatorOptions>(options => options.ValidationInterval = TimeSpan.Zero);
    }

    private static async Task RegisterAsync(IServiceProvider services, params string[] names)
    {
        await using var scope = services.CreateAsyncScope();
        foreach (var name in names)
        {
            var made = await scope.ServiceProvider.GetRequiredService<UserManager<IdentityUser>>().CreateAsync(new IdentityUser(name), Password);
            Assert.That(made.Succeeded, $"{made}");
        }
    }

    private static async Task<string> LoginAsync(HttpClient client, string name)
    {
        using var answer = await client.PostAsync($"/login?{name}", new StringContent(Password));
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    // Ann changes her password somewhere; her sockets end, Bob's do not.
    private async Task ExpectEndAsync(IServiceProvider services, ClientWebSocket ann, ClientWebSocket bob, LogRecord? log = null)
    {
        foreach (var socket in new[] { ann, bob })
        {
            await socket.SendTextAsync("here");
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo("here"));
        }

        await using var scope = services.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<IdentityUser>>();
        await members.UpdateSecurityStampAsync((await members.FindByNameAsync("ann"))!);
        Assert.That(await ann.ReadTextAsync(), Is.EqualTo($"close {Users.LoginEndedCode} login ended"));
        await bob.SendTextAsync("still there");
        Assert.That(await bob.ReadTextAsync(), Is.EqualTo("still there"));
        Assert.That((log ?? _log).Lines.Where(line => line.Level >= LogLevel.Warning && line.Error is not null).Select(line => line.Text), Is.Empty); // servers may say that the machine is busy
    }

    /// <summary>A login as Identity's own pages do it.</summary>
    private sealed class LoginConsumer(SignInManager<IdentityUser> logins) : HttpConsumer
    {
        protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            var result = await logins.PasswordSignInAsync(Scope.QueryString, System.Text.Encoding.UTF8.GetString(body.Span), isPersistent: false, lockoutOnFailure: false);
            await SendTextAsync($"{result}", result.Succeeded ? 200 : 401);
        }
    }

    /// <summary>A login that is answered with a token for the socket.</summary>
    private sealed class TokenConsumer(UserManager<IdentityUser> members) : HttpConsumer
    {
        protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            var member = await members.FindByNameAsync(Scope.QueryString);
            var isRight = member is not null && await members.CheckPasswordAsync(member, System.Text.Encoding.UTF8.GetString(body.Span));
            await SendTextAsync(isRight ? Accounts.Token(Scope.QueryString) : "unknown", isRight ? 200 : 401);
        }
    }

    private sealed class Echo : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text) => SendTextAsync(text);
    }
}
