using Channels;

namespace Conformance;

/// <summary>What travels to a group: <c>{"type": "conformance.message", "text": …}</c>.</summary>
/// <param name="Text">The text.</param>
[Message(ConformanceMessage.Type, typeof(ConformanceJson))]
internal sealed partial record ConformanceMessage(string Text)
{
    public const string Type = "conformance.message";
}
