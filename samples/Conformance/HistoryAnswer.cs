using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conformance;

/// <summary>What <see cref="HistoryConsumer"/> sends.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(HistoryJoined), "joined")]
[JsonDerivedType(typeof(HistoryMessage), "message")]
internal abstract record HistoryAnswer
{
    public static string ToJson(HistoryAnswer answer) => JsonSerializer.Serialize(answer, ConformanceJson.Default.HistoryAnswer);
}

/// <summary>The first answer.</summary>
/// <param name="Epoch">The epoch of the history.</param>
/// <param name="Offset">The number of the newest message.</param>
/// <param name="Gone">Whether what followed the position given is no longer kept.</param>
internal sealed record HistoryJoined(string Epoch, long Offset, bool Gone) : HistoryAnswer;

/// <summary>Something was published.</summary>
/// <param name="Epoch">The epoch of the history.</param>
/// <param name="Offset">The message's number.</param>
/// <param name="Text">The text.</param>
internal sealed record HistoryMessage(string Epoch, long Offset, string Text) : HistoryAnswer;
