namespace Channels.SocketIO;

/// <summary>
/// Heartbeat, limits and rules of Engine.IO sessions. Read once, when <see cref="EngineIOServer"/> is made, which refuses what
/// cannot be.
/// </summary>
public sealed class EngineIOOptions
{
    /// <summary>How often the client is pinged. Clients learn it at the handshake. From 10 ms to an hour. Default 25 s.</summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>How long after a ping the client's answer may take; then the session ends. From 10 ms to an hour. Default 20 s.</summary>
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How many bytes the body of a POST or one WebSocket message may have. Clients learn it at the handshake and split their
    /// polls by it; what is longer is refused with 413, or closes the WebSocket with 1009. At least 1. Default 1,000,000.
    /// </summary>
    public int MaxPayload { get; set; } = 1_000_000;

    /// <summary>How long a session may take to move to a WebSocket; then polling goes on. From 10 ms to an hour. Default 10 s.</summary>
    public TimeSpan UpgradeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a session that the server has closed waits for the client's next poll, to tell it. From 10 ms to an hour. Default 30 s.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether clients may open a session by polling. Default true.</summary>
    public bool AllowPolling { get; set; } = true;

    /// <summary>Whether clients may use WebSockets, from the beginning or by upgrade. Default true.</summary>
    public bool AllowWebSocket { get; set; } = true;

    /// <summary>Whether a session that began by polling may move to a WebSocket. Default true.</summary>
    public bool AllowUpgrades { get; set; } = true;

    /// <summary>
    /// Pages of which other origins may use this server, by polling and by WebSocket alike; written as for
    /// <see cref="OriginValidator"/>, <c>*</c> for all. Empty, the default, means the request's own host only, and no CORS
    /// headers. Requests without <c>Origin</c>, which no foreign page can send, are let in.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Whether pages of <see cref="AllowedOrigins"/> may send the visitor's cookies with their polls. Not together with <c>*</c>. Default false.</summary>
    public bool AllowCredentials { get; set; }

    /// <summary>A cookie that the handshake's answer sets; null, the default, for none.</summary>
    public EngineIOCookie? Cookie { get; set; }

    /// <summary>
    /// Asked before a session is made, with the request that asks for one: null lets it in, a text refuses it with 403 and is
    /// told to the client. Null, the default, lets everybody in.
    /// </summary>
    public Func<RequestScope, ValueTask<string?>>? AllowRequest { get; set; }

    /// <summary>
    /// Whether every request of a session must come from the user who has opened it (<see cref="Scope.User"/>, by name
    /// identifier or name); others get 403. Default false: the session's id alone is the key to it.
    /// </summary>
    public bool RequireSameUser { get; set; }

    /// <summary>
    /// Whether a polling request that reaches another process than the session's is put to that one over the default layer.
    /// Nothing happens with a layer in memory. Default true.
    /// </summary>
    public bool ForwardRequests { get; set; } = true;

    /// <summary>How many sessions this process holds; further ones get 503. At least 1, or 0 for no limit. Default 50,000.</summary>
    public int MaxSessions { get; set; } = 50_000;

    /// <summary>How many messages of a client may wait for the application; then nothing more is read from that client. At least 1. Default 64.</summary>
    public int MaxInboundMessageCount { get; set; } = 64;

    /// <summary>How many bytes of messages may wait for the application; then nothing more is read from that client. At least 1. Default 1 MiB.</summary>
    public long MaxInboundBytes { get; set; } = 1024 * 1024;

    /// <summary>How many messages may wait for a client; one more closes its session. At least 1. Default 4096.</summary>
    public int MaxOutboundMessageCount { get; set; } = 4096;

    /// <summary>
    /// How many bytes of messages may wait for a client before one more message closes its session; a single message may
    /// exceed it. At least 1. Default 4 MiB.
    /// </summary>
    public long MaxOutboundBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Whether bodies of polls are compressed for clients that accept it (gzip, deflate). Default true.</summary>
    public bool Compression { get; set; } = true;

    /// <summary>The shortest body that is compressed, in bytes. At least 0. Default 1024.</summary>
    public int CompressionMinBytes { get; set; } = 1024;
}
