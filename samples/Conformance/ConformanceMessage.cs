using System.Text.Json.Serialization.Metadata;
using Channels;

namespace Conformance;

/// <summary>What travels to a group: <c>{"type": "conformance.message", "text": …}</c>.</summary>
/// <param name="Text">The text.</param>
internal sealed record ConformanceMessage(string Text) : ITypedMessage<ConformanceMessage>
{
    public const string Type = "conformance.message";

    public static string MessageType => Type;

    public static JsonTypeInfo<ConformanceMessage> MessageTypeInfo => ConformanceJson.Default.ConformanceMessage;
}
