using System.Text.Json.Serialization;
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
/// <param name="Text">What.</param>
/// <param name="Key">The message that was not said because of it; null for none.</param>
internal sealed record Problem(string Text, string? Key = null) : ToBrowser;

/// <summary>Somebody said something.</summary>
[Message("chat.said", typeof(ChatJson))]
internal sealed partial record Said(string Key, string Sender, string Name, string Text, DateTimeOffset At) : ToBrowser;

/// <summary>Somebody came. Only who: the whole list, sent to a thousand people at each coming and going, would be megabytes.</summary>
[Message("chat.joined", typeof(ChatJson))]
internal sealed partial record Joined(Person Person) : ToBrowser;

/// <summary>Somebody went.</summary>
[Message("chat.left", typeof(ChatJson))]
internal sealed partial record Left(Person Person) : ToBrowser;

/// <summary>Somebody is writing.</summary>
[Message("chat.writing", typeof(ChatJson))]
internal sealed partial record Writing(Person Person) : ToBrowser;
