using Channels;

namespace Conformance;

/// <summary>Every JSON object goes to all members of the group as a typed record, and each sends that record as JSON.</summary>
internal sealed partial class JsonGroupConsumer() : JsonWebSocketConsumer<ConformanceMessage, ConformanceMessage>(
    ConformanceJson.Default.ConformanceMessage, ConformanceJson.Default.ConformanceMessage)
{
    private string Group => Route["name"];

    protected override IEnumerable<string> InitialGroups => [Group];

    protected override ValueTask OnJsonAsync(ConformanceMessage message) => Groups.SendAsync(Group, message);

    [Handles(ConformanceMessage.Type)]
    private ValueTask OnMessage(ConformanceMessage message) => SendJsonAsync(message);
}
