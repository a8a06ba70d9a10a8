namespace Channels.Kestrel;

/// <summary>
/// Limits and ways of the server, bound from the configuration section <c>Channels:Server</c> and checked when the host
/// starts. Endpoints, certificates and transport limits stay in the section <c>Kestrel</c>; WebSockets have
/// <see cref="WebSocketServerOptions"/>.
/// </summary>
[OptionsSection("Channels:Server")]
public sealed class ChannelsServerOptions
{
    /// <summary>The longest request body, in bytes; a longer one gets 413. Default 30,000,000; 0 means no limit.</summary>
    [AtLeast(0, "bytes, or 0 for no limit")]
    public long MaxRequestBodyBytes { get; set; } = 30_000_000;

    /// <summary>
    /// How many bytes all peers together may make the server hold: request bodies that a consumer joins, unfinished
    /// messages, and what waits in both directions. When it is not enough, those who hold most and longest are ended, a
    /// WebSocket with 1013, a request with 503. A few KiB of each peer are not counted. Default null: a quarter of the
    /// memory that the process may use, as a container or the heap's limit allows; 0 means no limit.
    /// </summary>
    [AtLeast(0, "bytes, or 0 for no limit")]
    public long? MaxHeldBytes { get; set; }

    /// <summary>The most bytes that one <see cref="HttpRequest"/> event carries. Default 65,536; at least 1.</summary>
    [AtLeast(1, "bytes")]
    public int MaxRequestPartBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// How long an HTTP application may take for the whole request; then 503, or the connection is cut when the
    /// response has begun. Default zero: no limit. WebSockets are not concerned.
    /// </summary>
    [Duration("00:00:30, or 0 for no limit", OnTimer = true)]
    public TimeSpan RequestTimeout { get; set; }

    /// <summary>
    /// How long an HTTP application may run on after its client went away; then it is abandoned, logged and counted.
    /// Default 10 s; zero means no limit.
    /// </summary>
    [Duration("00:00:10, or 0 for no limit", OnTimer = true)]
    public TimeSpan ApplicationCloseTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The <c>Server</c> header of responses whose application sets none. Default empty: no such header.</summary>
    [HeaderValue]
    public string ServerHeader { get; set; } = "";

    /// <summary>
    /// Where the site is mounted from the client's point of view: empty, or a slash and text without a final slash,
    /// percent-encoded as in a URL. Given to every scope, decoded, and put in front of paths that do not begin with it.
    /// Default empty.
    /// </summary>
    [MountPoint]
    public string RootPath { get; set; } = "";

    /// <summary>
    /// The hosts that requests may name: <c>example.com</c>, <c>.example.com</c> with all its subdomains,
    /// <c>*.example.com</c> for the subdomains alone, <c>*</c> for any. Others get 400. Default empty: through listeners on a
    /// loopback address only <c>localhost</c>, <c>127.0.0.1</c> and <c>[::1]</c>; through others any, with a warning at start.
    /// </summary>
    [HostPatterns]
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>
    /// The proxies whose forwarded headers are believed, as far as <see cref="TrustedHeaders"/> names them: addresses or
    /// networks such as <c>10.0.0.0/8</c>; <c>unix</c> stands for peers on a unix socket. With HTTP/2 they may also name a
    /// scheme that is not the connection's own. Default empty: nobody is believed.
    /// </summary>
    [Proxies]
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>
    /// The forwarded headers that the listed proxies set on every request or delete: <c>For</c>, <c>Proto</c>, <c>Host</c>,
    /// <c>Port</c> and <c>Prefix</c>, each short for <c>X-Forwarded-For</c> and so on. A header that is not named is not
    /// believed, because a proxy that does not know it hands on what its clients wrote. Default empty: For and Proto.
    /// </summary>
    [ForwardedHeaderNames]
    public IList<string> TrustedHeaders { get; } = [];

    /// <summary>
    /// Who may connect to the unix sockets the server listens on: the mode of their files in octal digits, as for chmod;
    /// connecting needs the right to write. Default <c>666</c>, so that a proxy of another user can; the mode of the folder
    /// narrows that. No effect on Windows.
    /// </summary>
    [OctalMode]
    public string UnixSocketMode { get; set; } = "666";

    /// <summary>
    /// How many WebSockets may be open or in their handshake, HTTP/2 ones included; further ones get 503. Requests that last
    /// count with them: event streams, and those whose application waits for their end, as kept-open polls do. Default null:
    /// 100,000, or fewer where the limit of open files or the memory that the process may use (16 KiB each) has no room for
    /// so many; 0 means no limit.
    /// </summary>
    [AtLeast(0, "sockets, or 0 for no limit")]
    public int? MaxWebSockets { get; set; }

    /// <summary>
    /// The same for one client address; an IPv6 address counts as its /64 network, and the /48 around it may hold four times as
    /// many. Default 20,000; 0 means no limit.
    /// </summary>
    [AtLeast(0, "sockets, or 0 for no limit")]
    public int MaxWebSocketsPerAddress { get; set; } = 20_000;

    /// <summary>How many WebSocket handshakes one client address may begin per second, with bursts of twice as many; further ones get 503. Default 0: no limit.</summary>
    [AtLeast(0, "handshakes a second, or 0 for no limit")]
    public int MaxHandshakesPerSecondPerAddress { get; set; }

    /// <summary>What refused clients are told to wait (<c>Retry-After</c>), in whole seconds. Default 5 s; zero leaves the header out.</summary>
    [Duration("00:00:05, or 0 for no such header", OnTimer = true)]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the server goes on accepting connections after it was told to stop, while readiness already answers
    /// 503, so that load balancers notice. Default zero: it stops accepting at once.
    /// </summary>
    [Duration("00:00:05, or 0 for none", OnTimer = true)]
    public TimeSpan ReadinessGrace { get; set; }

    /// <summary>
    /// Over how long the open WebSockets are closed at shutdown, so that not all clients come back at once. Default
    /// 5 s; zero closes all at once. Must be shorter than the host's <c>ShutdownTimeout</c>.
    /// </summary>
    [Duration("00:00:05, or 0 to close all at once", OnTimer = true)]
    public TimeSpan DrainWindow { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The fewest WebSockets closed in one step of the drain; few sockets therefore close at once. Default 100; at least 1.</summary>
    [AtLeast(1, "sockets")]
    public int DrainBatch { get; set; } = 100;

    /// <summary>The close code of WebSockets that a shutdown ends: 1012 (service restart) or 1001 (going away). Default 1012.</summary>
    [ShutdownCode]
    public int ShutdownCloseCode { get; set; } = 1012;

    /// <summary>Whether <c>/healthz/live</c> and <c>/healthz/ready</c> are answered in front of the application. Default true.</summary>
    public bool HealthChecks { get; set; } = true;

    /// <summary>Who may ask for health. Default <see cref="HealthAccess.Loopback"/>; others get what the application answers.</summary>
    [Defined("Loopback or Any")]
    public HealthAccess HealthAccess { get; set; }

    /// <summary>Whether each request and each end of a WebSocket is logged at Information under <c>Channels.Access</c>; answers of the built-in health endpoints are not. Default false.</summary>
    public bool AccessLog { get; set; }
}
