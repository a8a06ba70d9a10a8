namespace Channels.Benchmarks;

/// <summary>
/// How one kind of server is spoken to: where to connect, what to say first, and what stands around a payload.
/// <c>{group}</c> in any text is replaced by the group's name.
/// </summary>
internal sealed record Dialect
{
    /// <summary>The record separator that ends every SignalR message.</summary>
    internal const byte RecordSeparator = 0x1E;

    internal required string Path { get; init; }

    internal GreetingStep[] Greeting { get; init; } = [];

    /// <summary>What stands before and after the stamp and its padding.</summary>
    internal string Prefix { get; init; } = "";

    internal string Suffix { get; init; } = "";

    /// <summary>How many of the bytes of prefix and suffix belong to the protocol, not to the payload whose size a workload names.</summary>
    internal int EnvelopeBytes { get; init; }

    /// <summary>True when messages end with <see cref="RecordSeparator"/> and not with their frame (SignalR).</summary>
    internal bool Records { get; init; }

    /// <summary>What the server asks from time to time, and what it is answered, where the protocol has a heartbeat of its own.</summary>
    internal (byte[] Ask, string Answer)? Heartbeat { get; init; }

    /// <summary>In how long each connection is pinged once by default.</summary>
    internal TimeSpan HeartbeatTurn { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A server that takes the payload as it is.</summary>
    internal static Dialect Plain(string path) => new() { Path = path };

    /// <summary>A server that takes a JSON object with one property.</summary>
    internal static Dialect Json(string path) => new() { Path = path, Prefix = "{\"text\":\"", Suffix = "\"}" };

    internal Dialect For(string group) => this with
    {
        Path = Path.Replace("{group}", group, StringComparison.Ordinal),
        Prefix = Prefix.Replace("{group}", group, StringComparison.Ordinal),
        Greeting = [.. Greeting.Select(step => step with { Send = step.Send?.Replace("{group}", group, StringComparison.Ordinal) })],
    };
}
