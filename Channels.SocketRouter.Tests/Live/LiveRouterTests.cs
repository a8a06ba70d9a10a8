using System.Net.WebSockets;
using System.Text;
using Channels.SocketRouter;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Tests.SocketRouter;

/// <summary>What only a server can show.</summary>
public sealed class LiveRouterTests
{
    [Test]
    [Proves("SR-50")]
    public async Task A_server_that_stops_closes_with_1012()
    {
        var server = await StartAsync();
        using var socket = await server.ConnectAsync("/router/");
        await socket.SendAsync(Encoding.UTF8.GetBytes(RouterClient.Request("a", "empty")), WebSocketMessageType.Text, true, default);
        await socket.ReceiveAsync(new byte[1_000], default);

        var stopping = server.DisposeAsync();
        var result = await socket.ReceiveAsync(new byte[1_000], default).WaitAsync(Eventually.Patience);

        Assert.That((int?)result.CloseStatus, Is.EqualTo(1012));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", default);
        await stopping;
    }

    [Test]
    [Proves("SR-50")]
    public async Task Closes_of_a_server_that_stops_are_spread_over_its_window()
    {
        var time = new SteppedTime(TimeSpan.FromSeconds(1.234));
        var server = await StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Configuration["Channels:Server:DrainBatch"] = "1";
            builder.Configuration["Channels:Server:DrainWindow"] = "00:00:24.680"; // twenty steps
        });
        List<LiveSocket> open = [];
        for (var i = 0; i < 3; i++)
        {
            open.Add(new(await server.ConnectAsync("/router/")));
            await open[i].AskAsync("PING");
        }

        var stopping = server.DisposeAsync().AsTask();
        while (open.Count > 0)
        {
            await Task.WhenAny(open.Select(socket => socket.Next));
            var closed = open.Find(socket => socket.Next.IsCompleted)!; // one has
            Assert.That(await closed.Next, Is.EqualTo("1012"));
            await closed.EndAsync();
            open.Remove(closed);
            foreach (var other in open)
            {
                Assert.That(await other.AskAsync("PING"), Does.Contain("PONG"), "it is not its turn yet");
            }

            if (open.Count > 0)
            {
                await time.EndWaitAsync();
            }
        }

        await stopping;
    }

    [Test]
    [Proves("SR-47")]
    public async Task What_is_larger_than_the_server_takes_closes_with_1009()
    {
        await using var server = await StartAsync(builder => builder.Configuration["Channels:WebSocket:MaxMessageBytes"] = "1000");
        using var socket = await server.ConnectAsync("/router/");
        await socket.SendAsync(new byte[1_001], WebSocketMessageType.Text, true, default);

        var result = await socket.ReceiveAsync(new byte[1_000], default).WaitAsync(Eventually.Patience);

        Assert.That((int?)result.CloseStatus, Is.EqualTo(1009));
    }

    [Test]
    public void Options_that_make_no_sense_keep_the_host_from_starting() => Assert.That(
        async () => await StartAsync(builder =>
        {
            builder.Configuration["Channels:SocketRouter:MaxQueuedRequests"] = "0";
            builder.Configuration["Channels:SocketRouter:MaxPayloadDepth"] = "1001";
            builder.Configuration["Channels:SocketRouter:IdleTimeout"] = "-00:00:01";
        }),
        Throws.Exception.With.Message.Contains("Channels:SocketRouter:MaxQueuedRequests is 0: it must be at least 1.")
            .And.Message.Contains("Channels:SocketRouter:MaxPayloadDepth is 1001: it must be at least 1 and at most 1000.").And.Message.Contains("IdleTimeout is -00:00:01"));

    private static Task<LiveServer> StartAsync(Action<Channels.Kestrel.ChannelsHostBuilder>? configure = null) => LiveServer.StartAsync(
        Consumer.Of<TestRouter>(),
        builder =>
        {
            builder.Services.AddSingleton<Journal>();
            builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMinutes(10));
            builder.Services.AddSocketRouter();
            builder.Services.Configure<Channels.Kestrel.WebSocketServerOptions>(options => options.CheckOrigin = false);
            configure?.Invoke(builder);
        });
}
