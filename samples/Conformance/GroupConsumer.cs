using Channels;

namespace Conformance;

/// <summary>Every text goes to all members of the group, the sender included, through their handlers.</summary>
internal sealed partial class GroupConsumer : WebSocketConsumer
{
    private string Group => Route["name"];

    protected override IEnumerable<string> InitialGroups => [Group];

    protected override ValueTask OnTextAsync(string text) => Groups.SendAsync(Group, new ConformanceMessage(text));

    // All members send the very same string: it is encoded and framed once.
    [Handles(ConformanceMessage.Type)]
    private ValueTask OnMessage(ConformanceMessage message) => SendTextAsync(message.Text);
}
