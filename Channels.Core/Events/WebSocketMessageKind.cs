namespace Channels;

/// <summary>Whether a WebSocket message carries text or bytes (RFC 6455, section 5.6).</summary>
public enum WebSocketMessageKind
{
    /// <summary>UTF-8 text, opcode 1.</summary>
    Text = 1,

    /// <summary>Bytes without further meaning, opcode 2.</summary>
    Binary = 2,
}
