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
/// <param name="Room">The room's name.</param>
/// <param name="You">The public id of the person who joined.</param>
/// <param name="Epoch">Who has counted <paramref name="Change"/>: another one knows nothing of what was before.</param>
/// <param name="Change">The last change of those present that <paramref name="People"/> shows; see <see cref="Joined"/>.</param>
/// <param name="People">Who is here.</param>
/// <param name="History">What the page has missed: what was said lately, or since it was here.</param>
/// <param name="Gone">Whether some of what it missed is no longer kept.</param>
internal sealed record Welcome(string Room, string You, string Epoch, long Change, IReadOnlyList<Person> People, IReadOnlyList<Said> History, bool Gone) : ToBrowser;

/// <summary>What went wrong, for the person at the page.</summary>
/// <param name="Text">What.</param>
/// <param name="Key">The message that was not said because of it; null for none.</param>
internal sealed record Problem(string Text, string? Key = null) : ToBrowser;

/// <summary>Somebody said something.</summary>
/// <param name="Key">Made up by the page that said it.</param>
/// <param name="Sender">The public id of who said it.</param>
/// <param name="Name">The name of who said it.</param>
/// <param name="Text">The text.</param>
/// <param name="At">When.</param>
/// <param name="Position">Where it stands in the room's history, for the page to come back with; null until it stands there.</param>
[Message("chat.said", typeof(ChatJson))]
internal sealed partial record Said(string Key, string Sender, string Name, string Text, DateTimeOffset At, string? Position = null) : ToBrowser;

/// <summary>Somebody came. Only who: the whole list, sent to a thousand people at each coming and going, would be megabytes.</summary>
/// <param name="Person">Who.</param>
/// <param name="Epoch">Who has counted.</param>
/// <param name="Change">
/// Counts comings and goings: who reloads the page goes and comes on two connections, and the news of them may overtake each
/// other. The page ignores what is older than what it knows of the person.
/// </param>
internal sealed record Joined(Person Person, string Epoch, long Change) : ToBrowser;

/// <summary>Somebody went.</summary>
/// <param name="Person">Who.</param>
/// <param name="Epoch">Who has counted.</param>
/// <param name="Change">As for <see cref="Joined"/>.</param>
internal sealed record Left(Person Person, string Epoch, long Change) : ToBrowser;

/// <summary>Somebody is writing.</summary>
[Message("chat.writing", typeof(ChatJson))]
internal sealed partial record Writing(Person Person) : ToBrowser;
