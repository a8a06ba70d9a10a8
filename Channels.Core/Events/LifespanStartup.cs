namespace Channels;

/// <summary>The server is about to serve; open what later connections share. Answer with <see cref="LifespanStartupComplete"/> or <see cref="LifespanStartupFailed"/>. (ASGI <c>lifespan.startup</c>)</summary>
public sealed record LifespanStartup() : Event("lifespan.startup");
