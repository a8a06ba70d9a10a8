using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conformance;

/// <summary>What <see cref="PresenceConsumer"/> sends.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(PresenceHere), "here")]
[JsonDerivedType(typeof(PresenceJoined), "joined")]
[JsonDerivedType(typeof(PresenceLeft), "left")]
internal abstract record PresenceAnswer
{
    public static string ToJson(PresenceAnswer answer) => JsonSerializer.Serialize(answer, ConformanceJson.Default.PresenceAnswer);
}

/// <summary>Who is here.</summary>
/// <param name="Keys">All of them, in order.</param>
internal sealed record PresenceHere(IReadOnlyList<string> Keys) : PresenceAnswer;

/// <summary>Somebody came.</summary>
/// <param name="Key">Who.</param>
internal sealed record PresenceJoined(string Key) : PresenceAnswer;

/// <summary>Somebody went.</summary>
/// <param name="Key">Who.</param>
internal sealed record PresenceLeft(string Key) : PresenceAnswer;
