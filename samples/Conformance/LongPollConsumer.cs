using Channels;

namespace Conformance;

/// <summary>
/// <c>/longpoll/{channel}</c>: answers with the next message to the group of that name, or with 204 when none comes in
/// time (<c>?wait=25000</c>, in milliseconds).
/// </summary>
internal sealed partial class LongPollConsumer(TimeProvider time) : HttpConsumer
{
    protected override IEnumerable<string> InitialGroups => [Route["channel"]];

    protected override ValueTask HandleAsync(ReadOnlyMemory<byte> body)
    {
        KeepOpen(); // the answer comes later, from a handler
        Detach(GiveUpAsync);
        return ValueTask.CompletedTask;
    }

    [Handles(ConformanceMessage.Type)]
    private ValueTask OnMessage(ConformanceMessage message) => SendTextAsync(message.Text);

    // Of two whole responses the first one counts: no message that comes in the same moment is an error.
    private async Task GiveUpAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(Query.Number(Scope, "wait", 25_000, most: 300_000)), time, cancellationToken);
        await SendResponseAsync(204);
    }
}
