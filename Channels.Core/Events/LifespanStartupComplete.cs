namespace Channels;

/// <summary>The application is ready; the server starts to serve. (ASGI <c>lifespan.startup.complete</c>)</summary>
public sealed record LifespanStartupComplete() : Event("lifespan.startup.complete");
