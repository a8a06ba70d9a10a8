namespace Channels;

/// <summary>The application has released everything; the server ends. (ASGI <c>lifespan.shutdown.complete</c>)</summary>
public sealed record LifespanShutdownComplete() : Event("lifespan.shutdown.complete");
