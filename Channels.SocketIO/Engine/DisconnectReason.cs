namespace Channels.SocketIO;

/// <summary>Why a session ends, in the words that users of Socket.IO know.</summary>
internal static class DisconnectReason
{
    public const string TransportClose = "transport close";
    public const string TransportError = "transport error";
    public const string PingTimeout = "ping timeout";
    public const string ParseError = "parse error";
    public const string ForcedClose = "forced close";
    public const string ServerShuttingDown = "server shutting down";
}
