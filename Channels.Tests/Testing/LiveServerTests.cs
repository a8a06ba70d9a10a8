using System.Net.WebSockets;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Testing;

public sealed class LiveServerTests
{
    [Test]
    public async Task An_application_is_served_on_real_sockets_and_stopped_as_a_deployment_would()
    {
        var server = await LiveServer.StartAsync(Echo, builder => builder.Set("Channels:WebSocket:CloseTimeout", $"{Eventually.Patience}"));
        using var http = server.CreateClient();
        Assert.That(await http.GetStringAsync("/hello?x=1"), Is.EqualTo("/hello"));

        using var socket = await server.ConnectAsync("/any", options => options.AddSubProtocol("v1"));
        Assert.That(socket.SubProtocol, Is.EqualTo("v1"));
        await socket.SendAsync("hi"u8.ToArray(), WebSocketMessageType.Text, true, default);
        var buffer = new byte[16];
        var received = await socket.ReceiveAsync(buffer, default);
        Assert.That(buffer[..received.Count], Is.EqualTo("hi"u8.ToArray()));

        var stopping = server.DisposeAsync();
        var close = await socket.ReceiveAsync(buffer, default);
        Assert.That((int?)close.CloseStatus, Is.EqualTo(1012));
        await socket.CloseOutputAsync((WebSocketCloseStatus)1012, "", default);
        await stopping;
    }

    [Test]
    public async Task The_root_may_be_made_from_services_and_the_builder_may_be_changed()
    {
        await using var server = await LiveServer.StartAsync(
            services => async (scope, receive, send) =>
            {
                RefuseLifespan(scope);
                await send(new HttpResponseStart(200));
                await send(new HttpResponseBody(System.Text.Encoding.UTF8.GetBytes(services.GetRequiredService<string>())));
            },
            builder => builder.Services.AddSingleton("from the services"));
        using var http = server.CreateClient();
        Assert.That(await http.GetStringAsync("/"), Is.EqualTo("from the services"));
    }

    [Test]
    public async Task A_plain_function_need_not_know_of_a_lifespan()
    {
        await using var server = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200));
            await send(new HttpResponseBody(System.Text.Encoding.UTF8.GetBytes(((HttpScope)scope).HttpVersion)));
        });

        Assert.That(await server.Http.GetStringAsync("/"), Is.EqualTo("1.1"));
    }

    [Test]
    public async Task A_client_speaks_http_2_by_prior_knowledge()
    {
        await using var server = await LiveServer.StartAsync(Echo, builder => builder.Configuration["Kestrel:EndpointDefaults:Protocols"] = "Http2");
        using var http = server.CreateClient(System.Net.HttpVersion.Version20);
        using var answer = await http.GetAsync("/two");
        Assert.That((answer.Version.Major, await answer.Content.ReadAsStringAsync()), Is.EqualTo((2, "/two")));
    }

    [Test]
    public async Task Clients_go_through_a_unix_socket_when_the_server_listens_on_one()
    {
        using var folder = new TestFolder();
        await using var server = await LiveServer.StartAsync(Echo, builder => builder.Configuration["urls"] = $"http://unix:{folder.PathOf("app.sock")}");
        Assert.That(await server.Http.GetStringAsync("/unix"), Is.EqualTo("/unix"));
        using var socket = await server.ConnectAsync("/any", options => options.AddSubProtocol("v1"));
        Assert.That(socket.SubProtocol, Is.EqualTo("v1"));
    }

    [Test]
    public void An_application_that_cannot_start_stops_the_start()
    {
        Assert.That(
            () => LiveServer.StartAsync(async (scope, receive, send) =>
            {
                await receive();
                await send(new LifespanStartupFailed("no database"));
            }),
            Throws.Exception.With.Message.Contains("no database"));
    }

    private static async Task Echo(Scope scope, Receive receive, Send send)
    {
        RefuseLifespan(scope);
        if (scope is HttpScope http)
        {
            await send(new HttpResponseStart(200));
            await send(new HttpResponseBody(System.Text.Encoding.UTF8.GetBytes(http.Path)));
            return;
        }

        await receive();
        await send(new WebSocketAccept(((WebSocketScope)scope).Subprotocols[0]));
        while (await receive() is WebSocketReceive message)
        {
            await send(new WebSocketSend(message.Kind, message.Payload));
        }
    }

    private static void RefuseLifespan(Scope scope)
    {
        if (scope is LifespanScope)
        {
            throw new UnsupportedScopeException("The test's application", scope, "http", "websocket");
        }
    }
}
