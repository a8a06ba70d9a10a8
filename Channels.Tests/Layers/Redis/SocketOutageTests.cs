using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Channels.Tests.Layers.Redis;

/// <summary>What people at WebSockets notice when Redis fails.</summary>
public sealed class SocketOutageTests : RedisTestBase
{
    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-01", "FC-4")]
    public async Task Redis_killed_and_restarted_under_load_closes_no_socket_and_doubles_nothing(string layout)
    {
        const int people = 30;
        var server = await StartServerAsync();
        await using var site = await StartSiteAsync(layout, server);
        var sockets = await Task.WhenAll(Enumerable.Range(0, people).Select(_ => Listener.ConnectAsync(site)));
        var outside = Make(layout, server.Address);
        using var over = new CancellationTokenSource();
        var (sent, failed) = (0L, 0L);
        var load = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    await outside.GroupSendAsync("room", ChannelMessage.Forward(WebSocketSend.FromText(sent++.ToString(CultureInfo.InvariantCulture))));
                    await Pace.TryAgainAsync(); // a load that the readers can follow
                }
                catch (ChannelLayerUnavailableException)
                {
                    Interlocked.Increment(ref failed);
                    await Task.Yield();
                }
            }
        });
        await Eventually.Is(() => sockets.All(socket => socket.Highest > 20));
        await server.KillAsync();
        await Eventually.Is(() => Interlocked.Read(ref failed) > 10);
        foreach (var socket in sockets)
        {
            await socket.AssertEchoAsync(); // nobody needs Redis for that
        }

        var before = Interlocked.Read(ref sent);
        await server.RestartAsync();
        await Eventually.Is(() => sockets.All(socket => socket.Highest > before)); // every membership is back
        await over.CancelAsync();
        await load;
        foreach (var socket in sockets)
        {
            Assert.That(socket.State, Is.EqualTo(WebSocketState.Open));
            Assert.That(socket.Numbers.ToArray(), Is.Unique, "nothing came twice"); // a copy: what is on its way still comes
            socket.Dispose();
        }
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-01")]
    public async Task Redis_away_at_start_lets_the_server_start_sockets_work_locally_and_groups_heal(string layout)
    {
        var server = MakeServer();
        await using var site = await StartSiteAsync(layout, server);
        using var socket = await Listener.ConnectAsync(site);
        await socket.AssertEchoAsync();
        var layer = site.Services.GetRequiredService<IChannelLayer>();
        Assert.That(async () => await layer.GroupSendAsync("room", Numbered(1)), Throws.TypeOf<ChannelLayerUnavailableException>());
        var health = site.Services.GetRequiredService<HealthCheckService>();
        Assert.That((await health.CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(await site.Http.GetStringAsync("/healthz/ready"), Is.EqualTo("Degraded"), "still serves, so that no balancer takes it out");
        await server.RestartAsync();
        await Eventually.Is(async () =>
        {
            try
            {
                await layer.GroupSendAsync("room", ChannelMessage.Forward(WebSocketSend.FromText("7")));
            }
            catch (ChannelLayerUnavailableException)
            {
                return false; // still away
            }

            return socket.Highest == 7;
        });
        await Eventually.Is(async () => (await health.CheckHealthAsync()).Status == HealthStatus.Healthy);
    }

    private static Task<LiveServer> StartSiteAsync(string layout, RedisServer server) => LiveServer.StartFunctionAsync(Consumer.Of<RoomConsumer>(), builder =>
    {
        void Configure(RedisLayerOptions options)
        {
            options.Hosts.Add(server.Address);
            options.Capacity = 10_000;
        }

        var channels = builder.Services.AddChannels();
        _ = layout == "core" ? channels.AddRedisLayer(configure: Configure) : channels.AddRedisPubSubLayer(configure: Configure);
        builder.Services.AddHealthChecks().AddRedisLayerCheck();
    });

    private sealed class RoomConsumer : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["room"];

        protected override ValueTask OnTextAsync(string text) => SendTextAsync(text);
    }

    /// <summary>A client that notes the numbers it is sent.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly ClientWebSocket _socket = new();
        private readonly TaskCompletionSource _echo = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _highest = -1;

        public ConcurrentQueue<long> Numbers { get; } = new();

        public long Highest => Interlocked.Read(ref _highest);

        public WebSocketState State => _socket.State;

        public static async Task<Listener> ConnectAsync(LiveServer site)
        {
            var listener = new Listener();
            await listener._socket.ConnectAsync(site.WebSocketAddress("/"), default);
            _ = listener.ReadAsync();
            return listener;
        }

        public async Task AssertEchoAsync()
        {
            await _socket.SendAsync("echo"u8.ToArray(), WebSocketMessageType.Text, true, default);
            await _echo.Task.WaitAsync(Eventually.Patience);
        }

        public void Dispose() => _socket.Dispose();

        private async Task ReadAsync()
        {
            var buffer = new byte[100];
            try
            {
                while (await _socket.ReceiveAsync(buffer, default) is { MessageType: WebSocketMessageType.Text } result)
                {
                    if (long.TryParse(Encoding.ASCII.GetString(buffer, 0, result.Count), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    {
                        Numbers.Enqueue(number);
                        Interlocked.Exchange(ref _highest, Math.Max(Highest, number));
                    }
                    else
                    {
                        _echo.TrySetResult();
                    }
                }
            }
            catch (WebSocketException)
            {
                return; // the state tells
            }
        }
    }
}
