using System.Text.Json.Serialization;

namespace Chat;

/// <summary>What a page sends: JSON objects told apart by their <c>type</c>; one without a type is only this.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Join), "join")]
[JsonDerivedType(typeof(Say), "say")]
[JsonDerivedType(typeof(Typing), "typing")]
internal record FromBrowser;

/// <summary>The first message of each connection.</summary>
/// <param name="Name">What the person wants to be called.</param>
/// <param name="Session">A secret of this browser: whoever comes back with it is the same person.</param>
/// <param name="Since">The position of the last message that the page has; null for none.</param>
internal sealed record Join(string Name, string Session, string? Since = null) : FromBrowser;

/// <summary>Something for the room.</summary>
/// <param name="Key">Made up by the page, so that sending twice after a drop does not say it twice.</param>
/// <param name="Text">The text.</param>
internal sealed record Say(string Key, string Text) : FromBrowser;

/// <summary>The person is writing.</summary>
internal sealed record Typing : FromBrowser;
