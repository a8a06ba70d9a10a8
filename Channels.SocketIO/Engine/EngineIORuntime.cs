using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Channels.SocketIO;

/// <summary>What all sessions of one server share, and the sessions themselves. Thread-safe.</summary>
internal sealed class EngineIORuntime
{
    /// <summary>How many characters of an id are the session's own; the name of its process may follow.</summary>
    public const int IdLength = 22;

    private const int IdBytes = 16;

    private readonly ConcurrentDictionary<string, EngineIOSession> _sessions = new(StringComparer.Ordinal);
    private readonly CancellationToken _stopping;
    private readonly IServiceProvider _services;
    private int _count;

    /// <param name="options">The options; checked.</param>
    /// <param name="inner">The application inside the sessions.</param>
    /// <param name="services">What sessions have that outlive the request which has opened them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where to log.</param>
    /// <param name="metrics">What is measured.</param>
    /// <param name="requests">How other processes are asked for sessions of theirs; null when there are none.</param>
    /// <param name="stopping">Fires when the host begins to stop.</param>
    public EngineIORuntime(
        EngineIOOptions options, Application inner, IServiceProvider services, TimeProvider time, EngineIOLog log, EngineIOMetrics metrics, ChannelRequests? requests, CancellationToken stopping)
    {
        (Options, Inner, Log, Metrics, _services, _stopping) = (options, inner, log, metrics, services, stopping);
        (Origins, OriginLog) = (new CrossOrigin(options), OriginLog.From(services));
        (PingInterval, PingTimeout) = ((long)options.PingInterval.TotalMilliseconds, (long)options.PingTimeout.TotalMilliseconds);
        (UpgradeTimeout, CloseTimeout) = ((long)options.UpgradeTimeout.TotalMilliseconds, (long)options.CloseTimeout.TotalMilliseconds);
        Heartbeat = new ConnectionHeartbeat(time, TickFor(options));
        (Polling, WebSockets) = (new PollingDoor(this), new WebSocketDoor(this));
        Forwarding = requests is null ? null : new SessionForwarding(this, requests, time);
    }

    public EngineIOOptions Options { get; }

    /// <summary>The application inside the sessions.</summary>
    public Application Inner { get; }

    /// <summary>Where polling clients come in.</summary>
    public PollingDoor Polling { get; }

    /// <summary>Where WebSockets come in.</summary>
    public WebSocketDoor WebSockets { get; }

    public EngineIOLog Log { get; }

    public EngineIOMetrics Metrics { get; }

    public CrossOrigin Origins { get; }

    /// <summary>Where it is told whom <see cref="Origins"/> refuses, as the server does of WebSockets.</summary>
    public OriginLog OriginLog { get; }

    /// <summary>What the sessions carry; null when nobody wants to know.</summary>
    public EngineTraffic? Traffic { get; init; }

    /// <summary>The way to sessions of other processes; null when there is none.</summary>
    public SessionForwarding? Forwarding { get; }

    /// <summary>The one timer of all sessions.</summary>
    public ConnectionHeartbeat Heartbeat { get; }

    /// <summary>In milliseconds, as the next three.</summary>
    public long PingInterval { get; }

    public long PingTimeout { get; }

    public long UpgradeTimeout { get; }

    public long CloseTimeout { get; }

    /// <summary>Whether the server stops: nobody is let in any more.</summary>
    public bool IsDraining => _stopping.IsCancellationRequested;

    /// <summary>How many sessions there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Why nobody is let in, or this one is not; null when the handshake may go on.</summary>
    public async ValueTask<EngineIOError?> FindRefusalAsync(RequestScope request)
    {
        if (IsDraining)
        {
            Metrics.Refused("stopping");
            return EngineIOError.ShuttingDown;
        }

        if (Options.AllowRequest is { } allow && await allow(request) is { } refusal)
        {
            Metrics.Refused("vetoed");
            return EngineIOError.Vetoed(refusal);
        }

        return null;
    }

    /// <summary>Makes a session; its <see cref="EngineIOSession.Start"/> must follow.</summary>
    /// <returns>False when there are too many.</returns>
    public bool TryOpen(RequestScope request, WebSocketLink? link, [NotNullWhen(true)] out EngineIOSession? session)
    {
        session = null;
        if (Interlocked.Increment(ref _count) > Options.MaxSessions && Options.MaxSessions > 0)
        {
            Interlocked.Decrement(ref _count);
            Log.Full(Options.MaxSessions);
            Metrics.Refused("full");
            return false;
        }

        session = new EngineIOSession(this, link is null ? $"{NewId()}{Forwarding?.Suffix}" : NewId(), request, link); // nobody else is asked for a WebSocket's
        _sessions[session.Id] = session;
        Metrics.Opened(session.Transport);
        return true;
    }

    /// <summary>The session of an id, as of now; null when there is none.</summary>
    public EngineIOSession? Find(string id)
    {
        if (!_sessions.TryGetValue(id, out var session))
        {
            return null;
        }

        session.Beat(Heartbeat.ReadNow()); // a deadline that has passed counts, even if its tick has not come
        return session.IsKnown ? session : null;
    }

    /// <summary>Nothing is left of a session.</summary>
    public void Remove(SessionLife session)
    {
        if (_sessions.TryRemove(session.Id, out _))
        {
            Interlocked.Decrement(ref _count);
            Metrics.Closed(session.Transport);
        }
    }

    /// <summary>Ends all sessions and waits for the applications inside them.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var running = new List<Task>();
        foreach (var session in _sessions.Values)
        {
            session.ShutDown();
            running.Add(session.Running);
        }

        // An application that does not end is left behind when time is up; the rest of the host has to stop all the same.
        await Task.WhenAll(running).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Forwarding is not null)
        {
            await Forwarding.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What the application inside is called with.</summary>
    public EngineIOScope ScopeFor(RequestScope request, EngineIOSession session) => new EngineIOScope(request, session.Id)
    {
        Services = _services,
        Headers = request is HttpScope ? CopyOf(request.Headers) : request.Headers, // a WebSocket's request lasts as long as the session
        Aborted = session.Aborted,
        Session = session,
    }.WithOutbox(session.Outbound);

    /// <summary>The packet that opens a session.</summary>
    public byte[] Handshake(EngineIOSession session)
    {
        var upgrades = session.Transport == EngineIOTransport.Polling && Options is { AllowUpgrades: true, AllowWebSocket: true } ? "\"websocket\"" : "";
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""0{"sid":"{{session.Id}}","upgrades":[{{upgrades}}],"pingInterval":{{PingInterval}},"pingTimeout":{{PingTimeout}},"maxPayload":{{Options.MaxPayload}}}"""));
    }

    // Fine enough for the shortest deadline, and no finer than a second.
    private static TimeSpan TickFor(EngineIOOptions options) =>
        TimeSpan.FromMilliseconds(Math.Clamp(Math.Min(options.PingInterval.TotalMilliseconds, options.PingTimeout.TotalMilliseconds) / 20, 1, 1000));

    private static string NewId()
    {
        Span<byte> random = stackalloc byte[IdBytes];
        RandomNumberGenerator.Fill(random);
        return Base64Url.EncodeToString(random);
    }

    private static HeaderList CopyOf(IHeaders headers)
    {
        var copy = new HeaderList();
        foreach (var (name, value) in headers)
        {
            if (HeaderText.IsToken(name) && HeaderText.IsValue(value))
            {
                copy.Add(name, value);
            }
        }

        return copy;
    }
}
