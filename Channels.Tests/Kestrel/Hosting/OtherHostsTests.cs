using Channels.Kestrel;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>The server in hosts that are not ours: inside somebody's own IHttpApplication, and in the Generic Host.</summary>
public sealed class OtherHostsTests
{
    [Test]
    public async Task An_endpoint_serves_requests_and_websockets_of_somebodys_own_server_and_drains()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var web = builder.Build(); // makes the server; the application on it is ours
        var server = web.Services.GetRequiredService<IServer>();
        server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Add("http://127.0.0.1:0");
        var endpoint = new ChannelsEndpoint(EchoAsync, web.Services, new ChannelsServerOptions { DrainWindow = TimeSpan.Zero }, state: new Dictionary<string, object?> { ["word"] = "state" });
        await server.StartAsync(new OwnApplication(endpoint), default);
        var url = new Uri(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        using var client = new HttpClient { BaseAddress = url };
        using var socket = new System.Net.WebSockets.ClientWebSocket();

        Assert.That(await client.GetStringAsync("/x"), Is.EqualTo("/x state"));
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{url.Port}/ws"), default);
        Assert.That(endpoint.OpenWebSockets, Is.EqualTo(1));

        await endpoint.DrainAsync();
        var close = await socket.ReceiveAsync(new byte[16].AsMemory(), default);
        Assert.That(close.MessageType, Is.EqualTo(System.Net.WebSockets.WebSocketMessageType.Close));
        Assert.That((int?)socket.CloseStatus, Is.EqualTo(1012));
        await socket.CloseOutputAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, default);
        await Eventually.Is(() => endpoint.OpenWebSockets == 0);
        using var late = new System.Net.WebSockets.ClientWebSocket();
        Assert.CatchAsync<System.Net.WebSockets.WebSocketException>(() => late.ConnectAsync(new Uri($"ws://127.0.0.1:{url.Port}/ws"), default));
        Assert.That(await client.GetStringAsync("/y"), Is.EqualTo("/y state"), "requests go on");
        await server.StopAsync(default);
    }

    [Test]
    public async Task A_generic_host_with_the_server_serves_an_application_made_from_its_services()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["urls"] = "http://127.0.0.1:0", ["Channels:Server:ServerHeader"] = "mine" });
        builder.Services.AddSingleton("a word");
        builder.Services.AddChannelsServer(services =>
        {
            var word = services.GetRequiredService<string>();
            return (scope, receive, send) => scope is LifespanScope ? throw new UnsupportedScopeException("A test", scope, "http") : send.TextAsync(word);
        });
        using var host = builder.Build();
        await host.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(host.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()) };
        using var answer = await client.GetAsync("/");

        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("a word"));
        Assert.That(answer.Headers.Server.ToString(), Is.EqualTo("mine"));
        await host.StopAsync();
    }

    [Test]
    public void Its_options_are_checked_when_the_host_starts()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["Channels:Server:MaxWebSockets"] = "-1";
        builder.Services.AddChannelsServer(EchoAsync);
        using var host = builder.Build();

        Assert.That(() => host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains("Channels:Server:MaxWebSockets is -1"));
    }

    [Test]
    public void A_host_has_one_server()
    {
        var services = new ServiceCollection();
        services.AddChannelsServer(EchoAsync);

        Assert.That(() => services.AddChannelsServer(EchoAsync), Throws.InvalidOperationException.With.Message.Contains("already"));
    }

    [Test]
    public void Of_root_and_factory_the_one_set_last_counts()
    {
        var builder = ChannelsHost.CreateBuilder();
        builder.Root = EchoAsync;
        builder.RootFactory = _ => EchoAsync;
        Assert.That(builder.Root, Is.Null);
        builder.Root = EchoAsync;
        Assert.That(builder.RootFactory, Is.Null);
    }

    private static async Task EchoAsync(Scope scope, Receive receive, Send send)
    {
        switch (scope)
        {
            case HttpScope http:
                await send.TextAsync($"{http.Path} {http.State?["word"]}");
                break;
            case WebSocketScope:
                await send(new WebSocketAccept());
                while (await receive() is not WebSocketDisconnect)
                {
                }

                break;
            default:
                throw new UnsupportedScopeException("A test", scope, "http", "websocket");
        }
    }

    private sealed class OwnApplication(ChannelsEndpoint endpoint) : IHttpApplication<IFeatureCollection>
    {
        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public Task ProcessRequestAsync(IFeatureCollection context) => endpoint.ServeAsync(context);

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
        }
    }
}
