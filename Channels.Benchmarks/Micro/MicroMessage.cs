using System.Text.Json.Serialization.Metadata;

namespace Channels.Benchmarks;

/// <summary>The record that the in-process benchmarks send.</summary>
internal sealed record MicroMessage(string Text) : ITypedMessage<MicroMessage>
{
    internal const string Type = "micro.message";

    public static string MessageType => Type;

    public static JsonTypeInfo<MicroMessage> MessageTypeInfo => MicroJson.Default.MicroMessage;
}
