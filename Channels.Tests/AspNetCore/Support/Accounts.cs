using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Text;
using Channels.AspNetCore;
using Channels.Kestrel;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Channels.Tests.AspNetCore;

/// <summary>A program of ours with logins by cookie and by token: consumers that log in and out, sockets for everybody and for members.</summary>
internal static class Accounts
{
    /// <summary>What tokens are signed with.</summary>
    public const string Secret = "a key that is long enough for the test of tokens";

    private static readonly SymmetricSecurityKey Key = new(Encoding.UTF8.GetBytes(Secret));

    public static Task<LiveServer> StartAsync(TimeProvider? time = null, AuthOptions? options = null, Action<ChannelsHostBuilder>? configure = null) => LiveServer.StartAsync(
        new ProtocolTypeRouter
        {
            ["http"] = AuthStack.Wrap(new UrlRouter
            {
                { "POST login", Consumer.Of<LoginConsumer>() },
                { "POST logout", Consumer.Of<LogoutConsumer>() },
                { "me", (scope, _, send) => Respond.TextAsync(send, $"{scope.GetUser().Identity!.Name}|{((RequestScope)scope).QueryString}") },
                { "staff", RequireUser.Wrap(static (_, _, send) => Respond.TextAsync(send, "staff only"), "staff") },
            }, options),
            ["websocket"] = AuthStack.Wrap(new UrlRouter
            {
                { "open", Consumer.Of<MemberConsumer>() },
                { "members", RequireUser.Wrap(Consumer.Of<MemberConsumer>()) },
                { "staff", RequireUser.Wrap(Consumer.Of<MemberConsumer>(), "staff") },
            }, options),
        },
        builder =>
        {
            AddLogins(builder.Services);
            builder.Services.GoBy(time ?? TimeProvider.System);

            configure?.Invoke(builder);
        });

    /// <summary>Logins of ten minutes by cookie, tokens of our key, a policy, sessions.</summary>
    public static void AddLogins(IServiceCollection services)
    {
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie(cookie =>
            {
                cookie.ExpireTimeSpan = TimeSpan.FromMinutes(10);
                cookie.SlidingExpiration = false;
            })
            .AddJwtBearer(bearer =>
            {
                bearer.MapInboundClaims = false;
                bearer.TokenValidationParameters = new TokenValidationParameters
                {
                    IssuerSigningKey = Key,
                    ValidateIssuer = false,
                    ValidateAudience = false,
                    NameClaimType = "sub",
                    RoleClaimType = "role",
                    ClockSkew = TimeSpan.Zero,
                };
            });
        services.AddAuthorizationBuilder().AddPolicy("staff", policy => policy.RequireRole("staff")).AddPolicy("guests", policy => policy.RequireRole("guest"));
        services.AddDistributedMemoryCache();
        services.AddSession();
    }

    public static ClaimsPrincipal Person(string name, string role = "guest") =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.NameIdentifier, name), new Claim(ClaimTypes.Role, role)], "password"));

    /// <summary>A token for ten minutes, or for others.</summary>
    public static string Token(string name, DateTimeOffset? expires = null, string role = "guest") => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Subject = new ClaimsIdentity([new Claim("sub", name), new Claim("role", role)]),
        NotBefore = DateTime.UtcNow.AddHours(-2),
        Expires = (expires ?? DateTimeOffset.UtcNow.AddMinutes(10)).UtcDateTime,
        SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.HmacSha256),
    });

    /// <summary>Logs in as a browser would, and gives the cookie.</summary>
    public static async Task<string> LoginAsync(HttpClient client, string name, string role = "guest")
    {
        using var body = new StringContent($"{name} {role}");
        using var answer = await client.PostAsync("/login", body);
        answer.EnsureSuccessStatusCode();
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    public static Task<ClientWebSocket> OpenAsync(LiveServer server, string path, string? cookie = null, params string[] subprotocols) => server.ConnectAsync(path, options =>
    {
        if (cookie is not null)
        {
            options.SetRequestHeader("Cookie", cookie);
        }

        foreach (var subprotocol in subprotocols)
        {
            options.AddSubProtocol(subprotocol);
        }
    });

    /// <summary>The status with which a WebSocket is refused.</summary>
    public static async Task<HttpStatusCode> RefusalAsync(LiveServer server, string path, string? cookie = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (cookie is not null)
        {
            socket.Options.SetRequestHeader("Cookie", cookie);
        }

        using var limit = new CancellationTokenSource(Eventually.Patience);
        try
        {
            await socket.ConnectAsync(server.WebSocketAddress(path), limit.Token);
        }
        catch (WebSocketException)
        {
            return socket.HttpStatusCode;
        }

        return HttpStatusCode.SwitchingProtocols;
    }

    internal sealed class LoginConsumer : HttpConsumer
    {
        protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            var parts = Encoding.UTF8.GetString(body.Span).Split(' ');
            await this.LoginAsync(Person(parts[0], parts[1]));
            await SendTextAsync($"hello {Scope.User?.Identity?.Name}");
        }
    }

    private sealed class LogoutConsumer : HttpConsumer
    {
        protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            await this.LogoutAsync();
            await SendTextAsync($"bye {Scope.User?.Identity?.IsAuthenticated}");
        }
    }

    /// <summary>Tells who is there, at the beginning and when asked; logs in, out and anew by message.</summary>
    internal sealed class MemberConsumer : WebSocketConsumer
    {
        protected override async ValueTask OnConnectAsync()
        {
            await AcceptAsync(Scope.Subprotocols is [var first, ..] ? first : null);
            await TellAsync();
        }

        protected override async ValueTask OnTextAsync(string text)
        {
            switch (text.Split(' ', 2))
            {
                case ["login", var name]:
                    await this.LoginAsync(Person(name));
                    break;
                case ["logout"]:
                    await this.LogoutAsync();
                    break;
                case ["refresh", var token]:
                    await SendTextAsync(await this.RefreshLoginAsync(token) ? "refreshed" : "refused");
                    break;
            }

            await TellAsync();
        }

        protected override ValueTask DispatchAsync(Event message) =>
            message is ChannelMessage { Type: "note" } note ? SendTextAsync($"note {note.Fields["text"].GetText()}") : base.DispatchAsync(message);

        private ValueTask TellAsync() => SendTextAsync($"{Scope.User!.Identity!.Name ?? "nobody"}|{Scope.User.Identity.IsAuthenticated}|{Scope.QueryString}|{string.Join(',', Scope.Subprotocols)}");
    }
}
