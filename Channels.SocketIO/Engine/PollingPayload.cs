namespace Channels.SocketIO;

/// <summary>The body of a poll: packets joined by a separator (Engine.IO protocol, "HTTP long-polling").</summary>
internal static class PollingPayload
{
    /// <summary>Stands between packets.</summary>
    public const byte Separator = 0x1e;

    /// <summary>Begins a packet that is a binary message in base64.</summary>
    public const byte Binary = (byte)'b';
}
