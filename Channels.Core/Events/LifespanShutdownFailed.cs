namespace Channels;

/// <summary>The application could not shut down cleanly; the server logs the message and ends. (ASGI <c>lifespan.shutdown.failed</c>)</summary>
/// <param name="Message">What went wrong; empty when unknown.</param>
public sealed record LifespanShutdownFailed(string Message = "") : Event("lifespan.shutdown.failed");
