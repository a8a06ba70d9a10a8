namespace Channels;

/// <summary>The server has closed its connections; release what was opened at start-up. Answer with <see cref="LifespanShutdownComplete"/> or <see cref="LifespanShutdownFailed"/>. (ASGI <c>lifespan.shutdown</c>)</summary>
public sealed record LifespanShutdown() : Event("lifespan.shutdown");
