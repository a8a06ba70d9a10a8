namespace Channels.Extending;

/// <summary>The server is about to serve; open what later connections share. Answer with <see cref="LifespanStartupComplete"/> or <see cref="LifespanStartupFailed"/>. (ASGI <c>lifespan.startup</c>)</summary>
public sealed record LifespanStartup() : Event("lifespan.startup");

/// <summary>The application is ready; the server starts to serve. (ASGI <c>lifespan.startup.complete</c>)</summary>
public sealed record LifespanStartupComplete() : Event("lifespan.startup.complete");

/// <summary>The application cannot start; the server logs the message and stops. (ASGI <c>lifespan.startup.failed</c>)</summary>
/// <param name="Message">What is wrong and what to do about it; empty when unknown.</param>
public sealed record LifespanStartupFailed(string Message = "") : Event("lifespan.startup.failed");

/// <summary>The server has closed its connections; release what was opened at start-up. Answer with <see cref="LifespanShutdownComplete"/> or <see cref="LifespanShutdownFailed"/>. (ASGI <c>lifespan.shutdown</c>)</summary>
public sealed record LifespanShutdown() : Event("lifespan.shutdown");

/// <summary>The application has released everything; the server ends. (ASGI <c>lifespan.shutdown.complete</c>)</summary>
public sealed record LifespanShutdownComplete() : Event("lifespan.shutdown.complete");

/// <summary>The application could not shut down cleanly; the server logs the message and ends. (ASGI <c>lifespan.shutdown.failed</c>)</summary>
/// <param name="Message">What went wrong; empty when unknown.</param>
public sealed record LifespanShutdownFailed(string Message = "") : Event("lifespan.shutdown.failed");
