using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>What listeners of meter and source <c>Channels</c> learn about requests (E-12).</summary>
public sealed class TelemetryTests
{
    [Test]
    [Proves("E-12", "E-114", "E-115")]
    public async Task Requests_are_counted_while_they_are_served_and_measured_at_their_end()
    {
        var active = 0L;
        var during = -1L;
        var ends = new ConcurrentQueue<KeyValuePair<string, object?>[]>();
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) =>
        {
            during = Interlocked.Read(ref active);
            return send.TextAsync("no", 404);
        });
        using var listener = Listen(app, instrument => instrument.Name.StartsWith("channels.server.connection", StringComparison.Ordinal));
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref active, value));
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => ends.Enqueue(tags.ToArray()));
        listener.Start();

        await app.Http.GetAsync("/");
        await Eventually.Is(() => !ends.IsEmpty);
        Assert.That((during, Interlocked.Read(ref active)), Is.EqualTo((1L, 0L)));
        Assert.That(ends.Single(), Is.EquivalentTo(new KeyValuePair<string, object?>[] { new("channels.scope.type", "http"), new("http.response.status_code", 404) }));
    }

    [Test]
    [Proves("E-12", "E-120")]
    public async Task A_request_is_a_server_activity_below_the_callers()
    {
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ChannelsTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.TraceId.ToString() == trace)
                {
                    ended.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        string? inside = null;
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) =>
        {
            inside = Activity.Current?.TraceId.ToString();
            throw new InvalidOperationException("boom");
        });

        await app.SendRawAsync($"GET /path?token=secret HTTP/1.1\r\nHost: h\r\nConnection: close\r\ntraceparent: 00-{trace}-b7ad6b7169203331-01\r\n\r\n");
        await Eventually.Is(() => !ended.IsEmpty);
        var activity = ended.Single();
        Assert.That(inside, Is.EqualTo(trace));
        Assert.That((activity.OperationName, activity.Kind, activity.Status), Is.EqualTo(("GET", ActivityKind.Server, ActivityStatusCode.Error)));
        Assert.That(activity.ParentSpanId.ToString(), Is.EqualTo("b7ad6b7169203331"));
        Assert.That(activity.GetTagItem("url.path"), Is.EqualTo("/path"));
        Assert.That(activity.GetTagItem("http.response.status_code"), Is.EqualTo(500));
        Assert.That(activity.TagObjects.Select(tag => tag.Value?.ToString()), Has.None.Contains("secret"));
    }

    [Test]
    [Proves("SEC-19")]
    public async Task The_access_log_shows_the_request_without_its_query()
    {
        var log = new LogRecord();
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync("ok", 201), builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Set("Channels:Server:AccessLog", "true");
        });

        await app.SendRawAsync("GET /a%0Ab?token=secret HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        await Eventually.Is(() => log.Lines.Any(line => line.Category == "Channels.Access"));
        var line = log.Lines.Single(line => line.Category == "Channels.Access");
        Assert.That(line.Text, Does.StartWith("127.0.0.1 GET /a\\u000ab 201 ").And.Not.Contain("secret"));
        Assert.That(log.Lines.Select(each => each.Text), Has.None.Contains("secret"));
    }

    [Test]
    [Proves("FN-14")]
    public async Task Durations_and_activities_carry_the_template_of_the_route()
    {
        var ends = new ConcurrentQueue<KeyValuePair<string, object?>[]>();
        var traced = new ConcurrentQueue<Activity>();
        Application site = new UrlRouter { { "room/{name}/", new UrlRouter { { "members", (scope, receive, send) => send.TextAsync("ok") } } } };
        await using var app = await LiveServer.StartAsync(new ProtocolTypeRouter
        {
            ["http"] = site,
            ["websocket"] = new UrlRouter { { "ws/{name}", Consumer.Of<SilentConsumer>() } },
        });
        using var listener = Listen(app, instrument => instrument.Name == "channels.server.connection.duration");
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => ends.Enqueue(tags.ToArray()));
        listener.Start();
        using var activities = Trace(traced);

        Assert.That(await app.Http.GetStringAsync("/room/lobby/members"), Is.EqualTo("ok"));
        using (var socket = await app.ConnectAsync("/ws/lobby"))
        {
            await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, default);
        }

        string[] routes = ["room/{name}/members", "ws/{name}"];
        await Eventually.Is(() => ends.Count == 2 && traced.Count(activity => activity.GetTagItem("http.route") is string route && routes.Contains(route)) >= 2);
        Assert.That(ends.Select(tags => tags.Single(tag => tag.Key == "http.route").Value), Is.EquivalentTo(routes), "in whichever order their servers came to the end");
        Assert.That(traced.Select(activity => activity.DisplayName), Is.SupersetOf(new[] { "GET room/{name}/members", "websocket ws/{name}" }));
    }

    [Test]
    [Proves("FN-14")]
    public async Task The_access_log_has_no_health_probes()
    {
        var log = new LogRecord();
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync("ok"), builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Set("Channels:Server:AccessLog", "true");
        });

        Assert.That(await app.Http.GetStringAsync("/healthz/live"), Is.EqualTo("Healthy"));
        await app.Http.GetStringAsync("/x");
        await Eventually.Is(() => log.Lines.Any(line => line.Id == 1013));
        Assert.That(log.Lines.Single(line => line.Id == 1013).Text, Does.Contain("GET /x 200"));
    }

    [TestCase("GET /no HTTP/1.1\r\nHost: foreign\r\n\r\n", "GET /no 400")]
    [TestCase("GET /no HTTP/1.1\r\nHost: h\r\nX-A: a\u0001b\r\n\r\n", "GET /no 400")]
    [TestCase("POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n", "POST /no 413")]
    [TestCase("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "CONNECT / 501")]
    [Proves("FA-12")]
    public async Task What_the_server_refuses_itself_is_logged_measured_and_traced(string request, string expected)
    {
        var log = new LogRecord();
        var ends = new ConcurrentQueue<KeyValuePair<string, object?>[]>();
        var traced = new ConcurrentQueue<Activity>();
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => throw new AssertionException("no code of the application runs"), builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Set(new() { ["Channels:Server:AccessLog"] = "true", ["Channels:Server:AllowedHosts:0"] = "h", ["Channels:Server:MaxRequestBodyBytes"] = "10" });
        });
        using var listener = Listen(app, instrument => instrument.Name == "channels.server.connection.duration");
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => ends.Enqueue(tags.ToArray()));
        listener.Start();
        using var activities = Trace(traced);

        await app.SendRawAsync(request, until: "\r\n\r\n"); // a client that has its refusal goes: nobody waits for a body that never comes
        await Eventually.Is(() => log.Lines.Any(line => line.Id == 1013));
        var status = int.Parse(expected[^3..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(log.Lines.Single(line => line.Id == 1013).Text, Does.StartWith($"127.0.0.1 {expected} "));
        Assert.That(ends.Single(), Does.Contain(new KeyValuePair<string, object?>("http.response.status_code", status)));
        Assert.That(traced.Select(activity => activity.GetTagItem("http.response.status_code")), Does.Contain(status));
    }

    [TestCase("/no", "Host: h\r\nSec-WebSocket-Version: 8\r\n", 426)]
    [TestCase("/no", "Host: foreign\r\nSec-WebSocket-Version: 13\r\n", 400)]
    [TestCase("/no", "Host: h\r\nSec-WebSocket-Version: 13\r\nX-A: a^b\r\n", 400)]
    [TestCase("/no^", "Host: h\r\nSec-WebSocket-Version: 13\r\n", 400)]
    [TestCase("/no", "Host: h\r\nSec-WebSocket-Version: 13\r\nContent-Length: 99\r\n", 413)]
    [Proves("FA-12")]
    public async Task A_refused_handshake_is_logged_and_measured_once(string target, string headers, int status)
    {
        var log = new LogRecord();
        var ends = new ConcurrentQueue<KeyValuePair<string, object?>[]>();
        var active = 0L;
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => throw new AssertionException("no code of the application runs"), builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Set(new() { ["Channels:Server:AccessLog"] = "true", ["Channels:Server:AllowedHosts:0"] = "h", ["Channels:Server:MaxRequestBodyBytes"] = "10" });
        });
        using var listener = Listen(app, instrument => instrument.Name.StartsWith("channels.server.connection", StringComparison.Ordinal));
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref active, value));
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => ends.Enqueue(tags.ToArray()));
        listener.Start();

        var request = $"GET {target} HTTP/1.1\r\n{headers}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        await app.SendRawAsync(request.Replace('^', '\u0001'), until: "\r\n\r\n"); // a control character that no test's name can hold
        await Eventually.Is(() => log.Lines.Any(line => line.Id == 1013));
        Assert.That(log.Lines.Single(line => line.Id == 1013).Text, Does.StartWith("127.0.0.1 WEBSOCKET /no").And.Contain($" {status} "));
        Assert.That(ends.Single(), Does.Contain(new KeyValuePair<string, object?>("channels.scope.type", "websocket")));
        Assert.That(Interlocked.Read(ref active), Is.Zero);
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("FA-12")]
    public async Task A_handshake_that_is_not_let_in_is_measured_once(bool stops)
    {
        var time = new ManualTimeProvider();
        var ends = new ConcurrentQueue<KeyValuePair<string, object?>[]>();
        var active = 0L;
        await using var app = await LiveServer.StartFunctionAsync(WebSockets.Applications.Echo, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Set(new() { ["Channels:Server:MaxWebSockets"] = "1", ["Channels:Server:ReadinessGrace"] = "00:00:05", ["Channels:WebSocket:KeepAliveInterval"] = "00:00:00" });
        });
        using var first = await WebSockets.RawWebSocketClient.OpenEchoAsync(app.Port);
        using var listener = Listen(app, instrument => instrument.Name.StartsWith("channels.server.connection", StringComparison.Ordinal));
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Interlocked.Add(ref active, IsSocket(tags) ? value : 0));
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => ends.Enqueue(tags.ToArray()));
        listener.Start();
        var stopping = stops ? app.Host.StopAsync() : null;
        if (stops)
        {
            await Eventually.Is(async () => (await app.Http.GetAsync("/healthz/ready")).StatusCode == System.Net.HttpStatusCode.ServiceUnavailable);
        }

        Assert.That(await app.SendRawAsync(WebSockets.RawWebSocketClient.Request()), Does.StartWith("HTTP/1.1 503 "));
        await Eventually.Is(() => ends.Any(tags => IsSocket(tags)));
        Assert.That((ends.Count(tags => IsSocket(tags)), Interlocked.Read(ref active)), Is.EqualTo((1, 0L)));
        stopping ??= app.Host.StopAsync();
        await Eventually.Is(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return stopping.IsCompleted;
        });

        static bool IsSocket(ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.Contains(new("channels.scope.type", "websocket"));
    }

    [TestCase("POST", "POST", "POST", null)]
    [TestCase("INVENTED", "HTTP", "_OTHER", "INVENTED")]
    [TestCase("post", "HTTP", "_OTHER", "post")]
    [Proves("FN-14")]
    public async Task A_method_that_a_stranger_has_invented_names_no_activity(string method, string name, string tag, string? original)
    {
        var trace = ActivityTraceId.CreateRandom().ToString();
        var traced = new ConcurrentQueue<Activity>();
        using var activities = Trace(traced);
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync("ok"));

        await app.SendRawAsync($"{method} /path HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\ntraceparent: 00-{trace}-b7ad6b7169203331-01\r\n\r\n");
        await Eventually.Is(() => traced.Any(activity => activity.TraceId.ToString() == trace));
        var activity = traced.Single(activity => activity.TraceId.ToString() == trace);
        Assert.That((activity.DisplayName, activity.GetTagItem("http.request.method"), activity.GetTagItem("http.request.method_original")), Is.EqualTo((name, tag, original)));
    }

    private sealed class SilentConsumer : WebSocketConsumer;

    private static ActivityListener Trace(ConcurrentQueue<Activity> ended)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ChannelsTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static MeterListener Listen(LiveServer app, Func<Instrument, bool> wanted)
    {
        var meter = app.Services.GetRequiredService<ChannelsMetrics>().Meter;
        return new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, meter) && wanted(instrument))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
    }
}
