using Channels;

namespace Conformance;

/// <summary>Every message goes to all members of the group as it came; no member needs a handler, nothing is decoded.</summary>
internal sealed class RawGroupConsumer : WebSocketConsumer
{
    private string Group => Route["name"];

    protected override IEnumerable<string> InitialGroups => [Group];

    protected override ValueTask OnReceiveAsync(WebSocketReceive message) =>
        Groups.SendAsync(Group, ChannelMessage.Forward(new WebSocketSend(message.Kind, message.Payload)));
}
