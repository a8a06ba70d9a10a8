namespace Channels;

/// <summary>
/// Makes a partial record a typed message: the members of <see cref="ITypedMessage{TSelf}"/> are generated into it, so
/// that it can be sent through channel layers as it is and handled by <see cref="HandlesAttribute"/> methods.
/// </summary>
/// <example>
/// <code>
/// [Message("chat.said", typeof(ChatJson))]
/// public sealed partial record ChatSaid(string User, string Text);
///
/// [JsonSerializable(typeof(ChatSaid))]
/// public sealed partial class ChatJson : JsonSerializerContext;
/// </code>
/// </example>
/// <remarks>One instance is shared by all receivers of a process, so the record must be immutable.</remarks>
/// <param name="type">The message type: begins with a letter or digit, holds no white space, at most 200 characters; not of a protocol (<c>websocket.</c>, <c>http.</c>, <c>lifespan.</c>, <c>connection.</c>).</param>
/// <param name="context">The <see cref="System.Text.Json.Serialization.JsonSerializerContext"/> that has the record's contract; it decides how the record looks to other processes.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class MessageAttribute(string type, Type context) : Attribute
{
    /// <summary>The message type.</summary>
    public string Type { get; } = type;

    /// <summary>The context that has the record's contract.</summary>
    public Type Context { get; } = context;
}
