using System.Globalization;

namespace Channels.Kestrel;

/// <summary>Every limit of the server in one line, for the log at start.</summary>
internal static class LimitsText
{
    public static string Of(ChannelsServerOptions server, WebSocketServerOptions socket) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        request body {Bytes(server.MaxRequestBodyBytes)} in parts of {server.MaxRequestPartBytes} B, held for all peers {Bytes(server.MaxHeldBytes ?? MemoryBudget.DefaultLimit())}, request timeout {Time(server.RequestTimeout)}, application close timeout {Time(server.ApplicationCloseTimeout)}; 
        WebSockets {Count(Capacity.Sockets(server))}, per address {Count(server.MaxWebSocketsPerAddress)}, handshakes per second and address {Count(server.MaxHandshakesPerSecondPerAddress)}, 
        handshake {Time(socket.HandshakeTimeout)}, message {Bytes(socket.MaxMessageBytes)} within {Time(socket.MessageTimeout)}, frame {Bytes(socket.MaxFrameBytes)}, 
        inbound {socket.MaxInboundMessageCount} messages or {Bytes(socket.MaxInboundBytes)}, outbound {socket.MaxOutboundMessageCount} messages or {Bytes(socket.MaxOutboundBytes)}, slow client {socket.SlowClientPolicy} after {Time(socket.SlowClientTimeout)}, 
        keep-alive {Time(socket.KeepAliveInterval)} + {Time(socket.KeepAliveTimeout)}, idle {Time(socket.IdleTimeout)}, age {Time(socket.MaxAge)}, close {Time(socket.CloseTimeout)}, application close {Time(socket.ApplicationCloseTimeout)}, compression {(socket.Compression ? "on" : "off")}; 
        drain window {server.DrainWindow.TotalSeconds} s in slices of at least {server.DrainBatch}, close code {server.ShutdownCloseCode}
        """).ReplaceLineEndings("");

    private static string Bytes(long value) => value == 0 ? "unlimited" : string.Create(CultureInfo.InvariantCulture, $"{value} B");

    private static string Count(int value) => value == 0 ? "unlimited" : value.ToString(CultureInfo.InvariantCulture);

    private static string Time(TimeSpan value) => value == TimeSpan.Zero ? "off" : string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds} s");
}
