namespace Channels.Benchmarks;

/// <summary>A member of the group <see cref="Group"/> with a text handler and, for what is forwarded, none.</summary>
internal sealed partial class MicroMember : WebSocketConsumer
{
    internal const string Group = "micro";

    protected override IEnumerable<string> InitialGroups => [Group];

    [Handles(MicroMessage.Type)]
    private ValueTask OnMessage(MicroMessage message) => SendTextAsync(message.Text);
}
