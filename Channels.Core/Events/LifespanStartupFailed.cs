namespace Channels;

/// <summary>The application cannot start; the server logs the message and stops. (ASGI <c>lifespan.startup.failed</c>)</summary>
/// <param name="Message">What is wrong and what to do about it; empty when unknown.</param>
public sealed record LifespanStartupFailed(string Message = "") : Event("lifespan.startup.failed");
