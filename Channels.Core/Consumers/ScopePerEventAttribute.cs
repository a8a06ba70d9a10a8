namespace Channels;

/// <summary>
/// Gives every event of the consumer a dependency-injection scope of its own, read through
/// <see cref="Consumer.EventServices"/>: the place for database contexts and other short-lived services, while
/// constructor parameters live as long as the connection. <see cref="Consumer.OnErrorAsync"/> and the consumer's end count as
/// events; detached work does not, and gets services of its own.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ScopePerEventAttribute : Attribute;
