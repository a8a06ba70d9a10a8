namespace Channels;

/// <summary>
/// Makes a method of a <c>partial</c> consumer class the one that answers requests of one type
/// (<see cref="ChannelRequests.RequestAsync(string, ChannelMessage, TimeSpan?, CancellationToken)"/>): like
/// <see cref="HandlesAttribute"/>, and what the method returns goes back to whoever asked.
/// </summary>
/// <remarks>
/// The method takes what a handler takes, but no event of your own, and returns a record with <see cref="MessageAttribute"/>, a
/// <see cref="MessageMap"/>, a <see cref="ChannelMessage"/>, or nothing, at once or in a <see cref="Task"/> or
/// <see cref="ValueTask"/>. Its <see cref="CancellationToken"/> is <see cref="Scope.Aborted"/>, and fires also when nobody waits for
/// the answer any more. What it throws goes to whoever asked, and does not end the consumer.
/// </remarks>
/// <param name="type">The message type. Null derives it from the method's name, as for <see cref="HandlesAttribute"/>.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AnswersAttribute(string? type = null) : Attribute
{
    /// <summary>The message type; null when it follows from the method's name.</summary>
    public string? Type { get; } = type;
}
