
namespace Channels.Benchmarks;

/// <summary>The record that the in-process benchmarks send.</summary>
[Message(MicroMessage.Type, typeof(MicroJson))]
internal sealed partial record MicroMessage(string Text)
{
    internal const string Type = "micro.message";
}
