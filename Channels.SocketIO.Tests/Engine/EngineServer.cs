using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Channels.Kestrel;
using Channels.Routing;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Tests.Engine;

/// <summary>A live server with Engine.IO at <c>/engine.io/</c>, and a client that says whatever a test wants.</summary>
internal sealed class EngineServer : IAsyncDisposable
{
    public const string Polling = "?EIO=4&transport=polling";
    public const string WebSocket = "?EIO=4&transport=websocket";

    private readonly ConcurrentDictionary<string, EngineIOScope> _sessions; // those whose application has begun

    private EngineServer(LiveServer live, EngineIOServer engine, ConcurrentDictionary<string, EngineIOScope> sessions) => (Live, Engine, _sessions) = (live, engine, sessions);

    public LiveServer Live { get; }

    public EngineIOServer Engine { get; }

    public HttpClient Http => Live.Http;

    public static async Task<EngineServer> StartAsync(Application? inner = null, Action<EngineIOOptions>? options = null, Action<ChannelsHostBuilder>? host = null, Func<Application, Application>? around = null)
    {
        var chosen = new EngineIOOptions { PingInterval = TimeSpan.FromHours(1), UpgradeTimeout = Eventually.Patience }; // no ping between what a slow test expects
        options?.Invoke(chosen);
        var sessions = new ConcurrentDictionary<string, EngineIOScope>();
        var application = inner ?? Echo.RunAsync;
        var engine = new EngineIOServer(chosen, (scope, receive, send) =>
        {
            sessions[((EngineIOScope)scope).SessionId] = (EngineIOScope)scope;
            return application(scope, receive, send);
        });
        var live = await LiveServer.StartAsync(
            new ProtocolTypeRouter { ["http"] = new UrlRouter { { "engine.io/", engine } }, ["websocket"] = new UrlRouter { { "engine.io/", around?.Invoke(engine) ?? engine } } },
            builder =>
            {
                builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Eventually.Patience);
                host?.Invoke(builder);
            });
        return new EngineServer(live, engine, sessions);
    }

    /// <summary>For how many sessions a poll waits.</summary>
    public int WaitingPolls => _sessions.Values.Count(scope => scope.Session is { } session && !session.Outbound.IsBusy);

    /// <summary>A session whose application has begun.</summary>
    public EngineIOSession SessionOf(string sid) => _sessions[sid].Session!; // there until the session ends

    /// <summary>Opens a session by polling; returns its id.</summary>
    public async Task<string> OpenAsync(string more = "") =>
        Handshake(await Http.GetStringAsync(Path(Polling + more))).GetProperty("sid").GetString()!;

    public Task<HttpResponseMessage> GetAsync(string sid, CancellationToken cancellationToken = default) => Http.GetAsync(Path($"{Polling}&sid={sid}"), cancellationToken);

    public async Task<string> PollAsync(string sid)
    {
        using var answer = await GetAsync(sid);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Tells of every question to another process that has ended.</summary>
    public IDisposable OnRequest(Action ended)
    {
        var listener = Listen("channels.request.duration");
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => ended());
        listener.Start();
        return listener;
    }

    /// <summary>Tells of the next packets that a poll has taken; the answer is not written yet.</summary>
    public IDisposable OnPolledOut(Action taken)
    {
        var (listener, told) = (Listen("channels.engineio.polling.packets"), 0);
        listener.SetMeasurementEventCallback<long>((_, _, _, _) =>
        {
            if (Interlocked.Exchange(ref told, 1) == 0)
            {
                taken();
            }
        });
        listener.Start();
        return listener;
    }

    public Task<HttpResponseMessage> PostAsync(string sid, string body) => PostAsync(sid, new StringContent(body));

    public Task<HttpResponseMessage> PostAsync(string sid, HttpContent body) => Http.PostAsync(Path($"{Polling}&sid={sid}"), body);

    public async Task SendAsync(string sid, string body)
    {
        using var answer = await PostAsync(sid, body);
        Assert.That((answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.OK, "ok")));
    }

    public Task<ClientWebSocket> ConnectAsync(string query = WebSocket) => Live.ConnectAsync(Path(query).OriginalString);

    /// <summary>Opens a session by WebSocket. It runs when this returns, its heartbeat too: its client hears of it a moment before.</summary>
    public async Task<(ClientWebSocket Socket, EngineIOSession Session)> OpenSocketAsync()
    {
        var socket = await ConnectAsync();
        var sid = Handshake(await socket.ReadTextAsync()).GetProperty("sid").GetString()!;
        await Eventually.Is(() => _sessions.ContainsKey(sid));
        return (socket, SessionOf(sid));
    }

    public Task<ClientWebSocket> ConnectAsync(string sid, bool upgrade) => ConnectAsync(upgrade ? $"{WebSocket}&sid={sid}" : WebSocket);

    /// <summary>The session's requests are answered as those of an unknown one.</summary>
    public async Task ExpectClosedAsync(string sid)
    {
        using var answer = await GetAsync(sid);
        Assert.That((answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.BadRequest, """{"code":1,"message":"Session ID unknown"}""")));
    }

    public static JsonElement Handshake(string body)
    {
        Assert.That(body, Does.StartWith("0{"));
        return JsonSerializer.Deserialize<JsonElement>(body.AsSpan(1));
    }

    public static Uri Path(string query) => new($"/engine.io/{query}", UriKind.Relative);

    public ValueTask DisposeAsync() => Live.DisposeAsync();

    private MeterListener Listen(string name)
    {
        var meter = Live.Host.Services.GetRequiredService<ChannelsMetrics>().Meter;
        return new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter, meter) && instrument.Name == name)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
    }
}
