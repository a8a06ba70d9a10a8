using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using Channels.AspNetCore;
using Channels.Kestrel;
using Channels.Routing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Tests.AspNetCore;

/// <summary>Applications mounted in an ordinary ASP.NET Core site.</summary>
public sealed class MountTests
{
    [TestCase(false)]
    [TestCase(true)]
    [Proves("E-83")]
    public async Task A_consumer_serves_websockets_of_the_site_over_either_version_of_http(bool http2)
    {
        await using var site = await WebSite.StartAsync(app => app.MapChannels("/ws/{**path}", new UrlRouter { { "ws/{room:slug}/", Consumer.Of<Echo>() } }), http2: http2);
        using var socket = await site.ConnectAsync("/ws/lobby/", socket => Speak(socket, http2));
        await socket.SendTextAsync("hello");

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("lobby: hello"));
    }

    [Test]
    public async Task It_works_in_the_sites_test_server()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        Microsoft.AspNetCore.TestHost.WebHostBuilderExtensions.UseTestServer(builder.WebHost);
        builder.Services.AddChannels();
        await using var app = builder.Build();
        app.MapChannels("/ws/{**path}", new UrlRouter { { "ws/{room:slug}/", Consumer.Of<Echo>() } });
        await app.StartAsync();
        using var socket = await app.GetTestServer().CreateWebSocketClient().ConnectAsync(new Uri("ws://localhost/ws/lobby/"), CancellationToken.None);
        await socket.SendTextAsync("hello");

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("lobby: hello"));
    }

    [Test]
    public async Task Requests_are_served_too_and_what_the_sites_middleware_knows_is_in_the_scope()
    {
        await using var site = await WebSite.StartAsync(app =>
        {
            app.Use((context, next) =>
            {
                context.Items["tenant"] = "blue";
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ann")], "test"));
                return next(context);
            });
            app.MapChannels("/api/{**path}", Answer(scope => $"{scope.Path}?{scope.QueryString} {scope.User?.Identity?.Name} {scope.GetHttpContext()?.Items["tenant"]}"));
        });

        Assert.That(await site.Client.GetStringAsync("/api/x%20y?q=1"), Is.EqualTo("/api/x y?q=1 ann blue"));
    }

    [Test]
    public async Task Somebody_unknown_is_a_principal_without_authentication()
    {
        await using var site = await WebSite.StartAsync(app => app.MapChannels("/{**path}", Answer(scope => $"{scope.User is not null} {scope.User?.Identity?.IsAuthenticated ?? false}")));

        Assert.That(await site.Client.GetStringAsync("/"), Is.EqualTo("True False"));
    }

    [Test]
    public async Task The_sites_path_base_is_the_root_path_and_its_idea_of_the_client_holds()
    {
        await using var site = await WebSite.StartAsync(app =>
        {
            app.UseForwardedHeaders();
            app.UsePathBase("/shop");
            app.UseRouting();
            app.MapChannels("/ws/{**path}", Answer(scope => $"{scope.RootPath} {scope.Path} {scope.RawPath} {scope.Scheme} {scope.Client?.Address} {scope.Headers["host"]}"));
        }, builder => builder.Services.Configure<ForwardedHeadersOptions>(forwarded => forwarded.ForwardedHeaders = Microsoft.AspNetCore.HttpOverrides.ForwardedHeaders.XForwardedFor | Microsoft.AspNetCore.HttpOverrides.ForwardedHeaders.XForwardedProto | Microsoft.AspNetCore.HttpOverrides.ForwardedHeaders.XForwardedHost));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/shop/ws/a%20b");
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "shop.example");
        using var answer = await site.Client.SendAsync(request);

        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("/shop /shop/ws/a b /shop/ws/a%20b https 203.0.113.9 shop.example"));
    }

    [Test]
    public async Task A_stop_of_the_site_closes_its_sockets_and_ends_the_lifespan_behind_them()
    {
        var order = new List<string>();
        Application life = async (scope, receive, send) =>
        {
            while (true)
            {
                switch (await receive())
                {
                    case LifespanStartup:
                        scope.State!["word"] = "kept";
                        await send(new LifespanStartupComplete());
                        break;
                    default:
                        order.Add("shutdown");
                        await send(new LifespanShutdownComplete());
                        return;
                }
            }
        };
        Application waiting = async (scope, receive, send) =>
        {
            await receive();
            await send(new WebSocketAccept());
            await send(WebSocketSend.FromText((string)scope.State!["word"]!));
            await receive();
            order.Add("disconnect");
        };
        await using var site = await WebSite.StartAsync(app => app.MapChannels("/ws", new ProtocolTypeRouter { ["websocket"] = waiting, ["lifespan"] = life }), Patient);
        using var socket = await site.ConnectAsync("/ws");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("kept"));
        var stopping = site.App.StopAsync();
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("close 1012"));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await stopping.WaitAsync(Eventually.Patience);

        Assert.That(order, Is.EqualTo(new[] { "disconnect", "shutdown" }));
    }

    [Test]
    public async Task An_application_at_two_patterns_starts_once()
    {
        var starts = 0;
        Application life = async (_, receive, send) =>
        {
            await receive();
            Interlocked.Increment(ref starts);
            await send(new LifespanStartupComplete());
            await receive();
            await send(new LifespanShutdownComplete());
        };
        Application root = new ProtocolTypeRouter { ["http"] = Answer(scope => scope.Path), ["lifespan"] = life };
        await using var site = await WebSite.StartAsync(app =>
        {
            app.MapChannels("/one", root);
            app.MapChannels("/two", root);
        });

        Assert.That(await site.Client.GetStringAsync("/one") + await site.Client.GetStringAsync("/two"), Is.EqualTo("/one/two"));
        Assert.That(starts, Is.EqualTo(1));
    }

    [Test]
    public async Task Limits_come_from_the_usual_sections_and_from_code()
    {
        await using var site = await WebSite.StartAsync(app => app.MapChannels("/ws/{**path}", new UrlRouter { { "ws/{room:slug}/", Consumer.Of<Echo>() } }), builder =>
        {
            builder.Configuration.AddInMemoryCollection([new("Channels:WebSocket:MaxMessageBytes", "10")]);
            builder.Services.Configure<ChannelsServerOptions>(options => options.MaxWebSockets = 1);
        });
        using var socket = await site.ConnectAsync("/ws/lobby/");

        Assert.That(await site.RefusalAsync("/ws/lobby/"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        await socket.SendTextAsync("more than ten");
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("close 1009"));
    }

    [Test]
    public void A_wrong_limit_stops_the_start_of_the_site() => Assert.That(
        () => WebSite.StartAsync(app => app.MapChannels("/ws", Consumer.Of<Echo>()), builder => builder.Configuration.AddInMemoryCollection([new("Channels:WebSocket:MaxMessageBytes", "-1")])),
        Throws.TypeOf<OptionsValidationException>().With.Message.Contains("MaxMessageBytes"));

    [Test]
    public void A_consumer_that_cannot_be_made_stops_the_start_of_the_site() => Assert.That(
        () => WebSite.StartAsync(app => app.MapChannels("/ws", Consumer.Of<Needy>())),
        Throws.InvalidOperationException.With.Message.Contains(nameof(Needy)).And.Message.Contains(nameof(Uri)));

    [Test]
    public async Task Without_channels_services_the_mistake_is_named()
    {
        await using var app = WebApplication.CreateBuilder().Build();

        Assert.That(() => app.MapChannels("/ws", Consumer.Of<Echo>()), Throws.InvalidOperationException.With.Message.Contains("builder.Services.AddChannels()"));
    }

    // A peer that is slow to answer the close is not given up.
    private static void Patient(WebApplicationBuilder builder)
    {
        builder.Services.Configure<WebSocketServerOptions>(options => options.CloseTimeout = Eventually.Patience);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = 2 * Eventually.Patience);
    }

    private static void Speak(ClientWebSocket socket, bool http2)
    {
        if (http2)
        {
            socket.Options.HttpVersion = HttpVersion.Version20;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }
    }

    private static Application Answer(Func<RequestScope, string> text) => async (scope, _, send) =>
    {
        if (scope is not RequestScope request)
        {
            throw new UnsupportedScopeException("A function", scope, "http");
        }

        await Respond.TextAsync(send, text(request));
    };

    private sealed class Echo : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text) => SendTextAsync($"{Route["room"]}: {text}");
    }

    private sealed class Needy(Uri nowhere) : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text) => SendTextAsync(nowhere.ToString());
    }
}
