using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Channels;

namespace Chat;

/// <summary>
/// What a page gets: JSON objects told apart by their <c>type</c>. Those that everybody in a room gets are layer
/// messages, too: each consumer sends the very record it received, so it is turned into JSON and framed once, however
/// many people are in the room.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Welcome), "welcome")]
[JsonDerivedType(typeof(Said), "message")]
[JsonDerivedType(typeof(Joined), "joined")]
[JsonDerivedType(typeof(Left), "left")]
[JsonDerivedType(typeof(Writing), "typing")]
[JsonDerivedType(typeof(Problem), "problem")]
internal abstract record ToBrowser;

/// <summary>The answer to <see cref="Join"/>: who is here and what was said lately.</summary>
internal sealed record Welcome(string Room, string You, string Epoch, IReadOnlyList<Person> People, IReadOnlyList<Said> History) : ToBrowser;

/// <summary>What went wrong, for the person at the page.</summary>
internal sealed record Problem(string Text) : ToBrowser;

/// <summary>Somebody said something.</summary>
internal sealed record Said(string Key, string Sender, string Name, string Text, DateTimeOffset At) : ToBrowser, ITypedMessage<Said>
{
    public static string MessageType => "chat.said";

    public static JsonTypeInfo<Said> MessageTypeInfo => ChatJson.Default.Said;
}

/// <summary>Somebody came.</summary>
internal sealed record Joined(Person Person, IReadOnlyList<Person> People) : ToBrowser, ITypedMessage<Joined>
{
    public static string MessageType => "chat.joined";

    public static JsonTypeInfo<Joined> MessageTypeInfo => ChatJson.Default.Joined;
}

/// <summary>Somebody went.</summary>
internal sealed record Left(Person Person, IReadOnlyList<Person> People) : ToBrowser, ITypedMessage<Left>
{
    public static string MessageType => "chat.left";

    public static JsonTypeInfo<Left> MessageTypeInfo => ChatJson.Default.Left;
}

/// <summary>Somebody is writing.</summary>
internal sealed record Writing(Person Person) : ToBrowser, ITypedMessage<Writing>
{
    public static string MessageType => "chat.writing";

    public static JsonTypeInfo<Writing> MessageTypeInfo => ChatJson.Default.Writing;
}
