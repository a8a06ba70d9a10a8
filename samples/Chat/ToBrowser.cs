using System.Text.Json.Serialization.Metadata;
using Channels;

namespace Chat;

// What a page gets. The records that everybody in a room gets are layer messages, too: each consumer sends the very
// record it received, so it is turned into JSON and framed once, however many people are in the room.

/// <summary>Somebody in a room.</summary>
/// <param name="Id">Public and the same after a reload; made from the session, which stays secret.</param>
/// <param name="Name">What the person wants to be called.</param>
internal sealed record Person(string Id, string Name);

/// <summary>The answer to <see cref="Join"/>.</summary>
internal sealed record Welcome(string Room, string You, string Epoch, IReadOnlyList<Person> People, IReadOnlyList<Said> History)
{
    public string Type => "welcome";
}

/// <summary>What went wrong, for the person at the page.</summary>
internal sealed record Problem(string Text)
{
    public string Type => "problem";
}

/// <summary>Somebody said something.</summary>
internal sealed record Said(string Key, string Sender, string Name, string Text, DateTimeOffset At) : ITypedMessage<Said>
{
    public static string MessageType => "chat.said";

    public static JsonTypeInfo<Said> MessageTypeInfo => ChatJson.Default.Said;

    public string Type => "message";
}

/// <summary>Somebody came.</summary>
internal sealed record Joined(Person Person, IReadOnlyList<Person> People) : ITypedMessage<Joined>
{
    public static string MessageType => "chat.joined";

    public static JsonTypeInfo<Joined> MessageTypeInfo => ChatJson.Default.Joined;

    public string Type => "joined";
}

/// <summary>Somebody went.</summary>
internal sealed record Left(Person Person, IReadOnlyList<Person> People) : ITypedMessage<Left>
{
    public static string MessageType => "chat.left";

    public static JsonTypeInfo<Left> MessageTypeInfo => ChatJson.Default.Left;

    public string Type => "left";
}

/// <summary>Somebody is writing.</summary>
internal sealed record Writing(Person Person) : ITypedMessage<Writing>
{
    public static string MessageType => "chat.writing";

    public static JsonTypeInfo<Writing> MessageTypeInfo => ChatJson.Default.Writing;

    public string Type => "typing";
}

/// <summary>A room for the list of open ones.</summary>
internal sealed record OpenRoom(string Name, int People);
