namespace Channels.Benchmarks;

/// <summary>Engine.IO 4 and Socket.IO 5 over a WebSocket, as far as the load needs them.</summary>
internal static class SocketIODialects
{
    private const string EmptyPayload = "{\"text\":\"\"}";

    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(25);

    private static readonly GreetingStep Connect = new("0", "40");

    internal static Dialect Echo { get; } = Emit("echo", "\"", "\"]", 0, Connect, new GreetingStep("40", null));

    internal static Dialect Group { get; } = Emit("pub", "\"{group}\",\"", "\"]", 0, Joined());

    internal static Dialect JsonGroup { get; } = Emit("pub", "\"{group}\",{\"text\":\"", "\"}]", EmptyPayload.Length, Joined());

    internal static Dialect Polling { get; } = new() { Path = "/socket.io/?EIO=4&transport=polling", HeartbeatTurn = PingInterval };

    private static GreetingStep[] Joined() => [Connect, new("40", "42[\"join\",\"{group}\"]"), new("42[\"joined\"", null)];

    private static Dialect Emit(string name, string before, string after, int ofPayload, params GreetingStep[] greeting)
    {
        var prefix = "42[\"" + name + "\"," + before;
        return new Dialect
        {
            Path = "/socket.io/?EIO=4&transport=websocket",
            Greeting = greeting,
            Heartbeat = ("2"u8.ToArray(), "3"),
            HeartbeatTurn = PingInterval,
            Prefix = prefix,
            Suffix = after,
            EnvelopeBytes = prefix.Length + after.Length - ofPayload,
        };
    }
}
