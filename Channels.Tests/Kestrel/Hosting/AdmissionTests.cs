using System.Diagnostics.Metrics;
using System.Net;
using System.Net.WebSockets;
using Channels.Testing;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Caps and the drain, with real WebSockets.</summary>
public sealed class AdmissionTests
{
    private int _calls;

    [TestCase("MaxWebSockets", false)]
    [TestCase("MaxWebSockets", true)]
    [TestCase("MaxWebSocketsPerAddress", false)]
    [TestCase("MaxWebSocketsPerAddress", true)]
    [Proves("REL-49", "SEC-15", "W-89")]
    public async Task Over_the_cap_503_comes_before_any_code_of_the_application(string limit, bool http2)
    {
        await using var app = await StartAsync(http2, (limit, "2"));
        var refused = 0L;
        using var listener = new MeterListener();
        var meter = app.Services.GetRequiredService<ChannelsMetrics>().Meter;
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, meter) && instrument.Name == "channels.server.connections.refused")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref refused, value));
        listener.Start();
        using var handler = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(handler);
        using var one = await ConnectAsync(app, invoker, http2);
        using (await ConnectAsync(app, invoker, http2))
        {
            using var third = Socket(http2);
            third.Options.CollectHttpResponseDetails = true;
            Assert.That(() => third.ConnectAsync(app.WebSocketAddress("/"), invoker, default), Throws.InstanceOf<WebSocketException>());
            Assert.That(third.HttpStatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(third.HttpResponseHeaders!.First(header => header.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value, Is.EqualTo(new[] { "5" }));
            Assert.That((_calls, Interlocked.Read(ref refused)), Is.EqualTo((2, 1L)));
        }

        // The count returns after a close as after an abort.
        await Eventually.Is(async () =>
        {
            using var again = Socket(http2);
            try
            {
                await again.ConnectAsync(app.WebSocketAddress("/"), invoker, default);
                return true;
            }
            catch (WebSocketException)
            {
                return false;
            }
        });
    }

    [Test]
    [Proves("REL-43")]
    public async Task A_stop_closes_open_sockets_with_1012_and_their_applications_see_it()
    {
        var app = await StartAsync(false);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var socket = await ConnectAsync(app, invoker, false);
        var closing = ReceiveCloseAsync(socket);
        await app.DisposeAsync();

        Assert.That(await closing, Is.EqualTo(1012));
        Assert.That(_disconnect, Is.EqualTo(1012));
    }

    [Test]
    [Proves("REL-43")]
    public async Task The_close_code_of_a_stop_can_be_1001()
    {
        var app = await StartAsync(false, ("ShutdownCloseCode", "1001"));
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var socket = await ConnectAsync(app, invoker, false);
        var closing = ReceiveCloseAsync(socket);
        await app.DisposeAsync();

        Assert.That(await closing, Is.EqualTo(1001));
    }

    [Test]
    [Proves("REL-42", "REL-46")]
    public async Task A_stop_refuses_new_work_and_lets_running_requests_finish()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            started.TrySetResult();
            await go.Task;
            await send.TextAsync("finished");
        });
        var running = app.Http.GetStringAsync("/");
        await started.Task.WaitAsync(Eventually.Patience);
        var stopping = app.Host.StopAsync();
        await Eventually.Is(async () =>
        {
            try
            {
                using var socket = await app.OpenSocketAsync();
                return false;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return true; // the listener is gone
            }
        });
        Assert.That(stopping.IsCompleted, Is.False);
        go.SetResult();

        Assert.That(await running, Is.EqualTo("finished"));
        await stopping;
    }

    [Test]
    [Proves("REL-42")]
    public async Task During_the_grace_readiness_is_503_sockets_are_refused_and_requests_served()
    {
        var time = new ManualTimeProvider();
        await using var app = await StartAsync(false, time, ("ReadinessGrace", "00:00:05"));
        var stopping = app.Host.StopAsync();
        await Eventually.Is(async () => (await app.Http.GetAsync("/healthz/ready")).StatusCode == HttpStatusCode.ServiceUnavailable);

        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("ok"));
        Assert.That(await app.Http.GetStringAsync("/healthz/live"), Is.EqualTo("Healthy"));
        Assert.That(await app.SendRawAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"), Does.StartWith("HTTP/1.1 503 ").And.Contain("Connection: close"));
        await Eventually.Is(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return stopping.IsCompleted;
        });
        await stopping;
        await app.Host.StopAsync().WaitAsync(Eventually.Patience); // nothing is waited for again
    }

    [Test]
    [Proves("REL-44")]
    public async Task A_hung_application_does_not_keep_the_host_from_ending()
    {
        var time = new ManualTimeProvider();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource();
        await using var app = await LiveServer.StartFunctionAsync(
            (scope, receive, send) =>
            {
                started.TrySetResult();
                return never.Task;
            },
            builder => builder.Services.AddSingleton<TimeProvider>(time));
        var request = app.SendRawAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await started.Task.WaitAsync(Eventually.Patience);
        var stopping = app.Host.StopAsync();
        await Eventually.Is(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return stopping.IsCompleted;
        });

        await stopping;
        Assert.That(await request, Is.Empty);
        never.SetResult();
    }

    private int _disconnect;

    private Task<LiveServer> StartAsync(bool http2, params (string Key, string Value)[] settings) => StartAsync(http2, null, settings);

    private Task<LiveServer> StartAsync(bool http2, TimeProvider? time, params (string Key, string Value)[] settings) => LiveServer.StartFunctionAsync(
        async (scope, receive, send) =>
        {
            if (scope is HttpScope)
            {
                await send.TextAsync("ok");
                return;
            }

            Interlocked.Increment(ref _calls);
            await receive();
            await send(new WebSocketAccept());
            _disconnect = (await receive() as WebSocketDisconnect)?.Code ?? 0;
        },
        builder =>
        {
            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }

            builder.Set("Kestrel:EndpointDefaults:Protocols", http2 ? "Http2" : "Http1");
            builder.Set("Channels:WebSocket:CloseTimeout", "00:10:00"); // a client that is slow to close is not cut
            builder.Set(settings.ToDictionary(setting => $"Channels:Server:{setting.Key}", setting => (string?)setting.Value));
        });

    private static async Task<ClientWebSocket> ConnectAsync(LiveServer app, HttpMessageInvoker invoker, bool http2)
    {
        var socket = Socket(http2);
        await socket.ConnectAsync(app.WebSocketAddress("/"), invoker, default);
        return socket;
    }

    private static ClientWebSocket Socket(bool http2) => new()
    {
        Options = { HttpVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact },
    };

    private static async Task<int> ReceiveCloseAsync(ClientWebSocket socket)
    {
        var result = await socket.ReceiveAsync(new byte[16], default);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        return (int)result.CloseStatus!;
    }
}
