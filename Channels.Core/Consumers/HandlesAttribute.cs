namespace Channels;

/// <summary>
/// Makes a method of a <c>partial</c> consumer class the handler of one message type. Only marked methods can be
/// reached by a message; a source generator writes the dispatch at compile time.
/// </summary>
/// <remarks>
/// The method returns <c>void</c>, <see cref="Task"/> or <see cref="ValueTask"/> and takes one of: nothing, the
/// <see cref="ChannelMessage"/>, a <see cref="MessageMap"/>, a record with <see cref="MessageAttribute"/>, a base
/// whose <c>[JsonDerivedType]</c> attributes name such records, which then handles each that has no method of its own, or
/// an <see cref="Event"/> type of your own; optionally followed by a <see cref="CancellationToken"/>, which is
/// <see cref="Scope.Aborted"/>.
/// </remarks>
/// <param name="type">
/// The message type. Null derives it from the method's name: words in lower case joined by periods, without a final
/// <c>Async</c>, so <c>ChatMessage</c> handles <c>chat.message</c>.
/// </param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HandlesAttribute(string? type = null) : Attribute
{
    /// <summary>The message type; null when it follows from the method's name.</summary>
    public string? Type { get; } = type;
}
