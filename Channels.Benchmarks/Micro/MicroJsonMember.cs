namespace Channels.Benchmarks;

/// <summary>A member of the group <see cref="MicroMember.Group"/> that sends each record as JSON.</summary>
internal sealed partial class MicroJsonMember : WebSocketConsumer
{
    protected override IEnumerable<string> InitialGroups => [MicroMember.Group];

    [Handles(MicroMessage.Type)]
    private ValueTask OnMessage(MicroMessage message) => SendJsonAsync(message, MicroJson.Default.MicroMessage);
}
