namespace Channels.Benchmarks;

/// <summary>One step after the WebSocket handshake: once a message that begins with <see cref="Await"/> came (at once when null), <see cref="Send"/> is sent.</summary>
internal sealed record GreetingStep(string? Await, string? Send);
