using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// A record that travels through channel layers as it is: it knows its message type and its JSON contract, so that
/// sending and handling need neither registration nor reflection. <see cref="MessageAttribute"/> writes the members.
/// </summary>
/// <example>
/// By hand:
/// <code>
/// public sealed record ChatMessage(string User, string Text) : ITypedMessage&lt;ChatMessage&gt;
/// {
///     public static string MessageType => "chat.message";
///     public static JsonTypeInfo&lt;ChatMessage&gt; MessageTypeInfo => ChatJson.Default.ChatMessage;
/// }
/// </code>
/// </example>
/// <remarks>One instance is shared by all receivers of a process, so the record must be immutable.</remarks>
/// <typeparam name="TSelf">The record itself.</typeparam>
public interface ITypedMessage<TSelf>
    where TSelf : class, ITypedMessage<TSelf>
{
    /// <summary>The message type, for example <c>chat.message</c>: what <see cref="HandlesAttribute"/> names.</summary>
    static abstract string MessageType { get; }

    /// <summary>The JSON contract, usually from a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>; it decides how the record looks to other processes.</summary>
    static abstract JsonTypeInfo<TSelf> MessageTypeInfo { get; }
}
