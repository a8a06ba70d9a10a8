namespace Channels.Kestrel;

/// <summary>
/// Limits and timeouts of WebSockets, bound from the configuration section <c>Channels:WebSocket</c> and checked when
/// the host starts.
/// </summary>
[OptionsSection("Channels:WebSocket")]
public sealed class WebSocketServerOptions
{
    /// <summary>
    /// Whether the <c>Origin</c> of a WebSocket request must name the request's own host, so that foreign web pages
    /// cannot connect in a visitor's name. Default true. <c>AllowedHosts.Wrap</c> replaces the rule for its part of
    /// the application.
    /// </summary>
    public bool CheckOrigin { get; set; } = true;

    /// <summary>
    /// Whether a request without <c>Origin</c> is refused as well. Browsers always send one; other programs often do
    /// not. Default false.
    /// </summary>
    public bool RequireOrigin { get; set; }

    /// <summary>The longest message accepted, in bytes after inflation; a longer one closes with 1009. Default 1 MiB; 0 means no limit.</summary>
    [AtLeast(0, "bytes, or 0 for no limit")]
    public long MaxMessageBytes { get; set; } = 1024 * 1024;

    /// <summary>The longest single frame accepted, in bytes on the wire; a longer one closes with 1009. Default 1 MiB; 0 means no limit.</summary>
    [AtLeast(0, "bytes, or 0 for no limit")]
    public long MaxFrameBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// How many frames a peer may send per second, empty ones, fragments, pings and pongs included; one that sends more
    /// is closed with 1008. Default 100,000; 0 means no limit, only the application's own pace slows the peer down then.
    /// </summary>
    [AtLeast(0, "frames, or 0 for no limit")]
    public int MaxFramesPerSecond { get; set; } = 100_000;

    /// <summary>How long nothing may come from the peer before it is pinged. Default 20 s; zero sends no pings.</summary>
    [Duration("00:00:20, or 0 for no pings")]
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long after a ping any byte must come before the connection counts as lost (1006). Default 20 s; zero waits for ever.</summary>
    [Duration("00:00:20, or 0 to wait for ever")]
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the application may take to accept or refuse the handshake; then 503. Default 10 s; zero means no limit.</summary>
    [Duration("00:00:10, or 0 for no limit")]
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the peer may take to answer our close frame before the connection is cut. Default 5 s; zero cuts at once.</summary>
    [Duration("00:00:05, or 0 to cut at once")]
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the application may take to end after the disconnect event; then it is abandoned, logged and counted.
    /// Default 10 s; zero means no limit.
    /// </summary>
    [Duration("00:00:10, or 0 for no limit")]
    public TimeSpan ApplicationCloseTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long no message may pass in either direction before the connection is closed with 1000. Default zero: no limit. Pings do not count.</summary>
    [Duration("00:10:00, or 0 for no limit")]
    public TimeSpan IdleTimeout { get; set; }

    /// <summary>How old a connection may become before it is closed with 1000. Default zero: no limit.</summary>
    [Duration("1.00:00:00, or 0 for no limit")]
    public TimeSpan MaxAge { get; set; }

    /// <summary>How long a fragmented or slow message may take from its first to its last byte; then 1008. Default 60 s; zero means no limit.</summary>
    [Duration("00:01:00, or 0 for no limit")]
    public TimeSpan MessageTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How many received messages may wait for the application before the socket is no longer read. Default 64; at least 1.</summary>
    [AtLeast(1, "messages")]
    public int MaxInboundMessageCount { get; set; } = 64;

    /// <summary>How many received bytes may wait for the application before the socket is no longer read. Default 1 MiB; 0 means no limit.</summary>
    [AtLeast(0, "bytes, or 0 for no limit")]
    public long MaxInboundBytes { get; set; } = 1024 * 1024;

    /// <summary>How many messages may wait to be written before the slow-client policy acts. Default 1024; at least 1.</summary>
    [AtLeast(1, "messages")]
    public int MaxOutboundMessageCount { get; set; } = 1024;

    /// <summary>
    /// How many bytes may wait to be written before the slow-client policy acts; one message may exceed it. Default
    /// 1 MiB; 0 means no limit.
    /// </summary>
    [AtLeast(0, "bytes, or 0 for no limit")]
    public long MaxOutboundBytes { get; set; } = 1024 * 1024;

    /// <summary>What happens when the outbound queue is full. Default <see cref="SlowClientPolicy.Close"/>.</summary>
    [Defined("Close, DropOldest or DropNewest")]
    public SlowClientPolicy SlowClientPolicy { get; set; }

    /// <summary>With <see cref="SlowClientPolicy.Close"/>: how long sending waits for room. Default 5 s; zero closes whoever is still full when the next second begins.</summary>
    [Duration("00:00:05, or 0 for the next second")]
    public TimeSpan SlowClientTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether permessage-deflate (RFC 7692) is negotiated when the client offers it. Default false: it costs memory
    /// and can reveal secrets that share a message with text an attacker chooses.
    /// </summary>
    public bool Compression { get; set; }

    /// <summary>
    /// Whether the compressor keeps its window between messages: smaller messages for ~256 KiB per connection, and no
    /// sharing of compressed broadcasts. Default false.
    /// </summary>
    public bool CompressionContextTakeover { get; set; }

    /// <summary>The shortest message that is compressed, in bytes. Default 256; 0 compresses all.</summary>
    [AtLeast(0, "bytes")]
    public int CompressionMinBytes { get; set; } = 256;
}
