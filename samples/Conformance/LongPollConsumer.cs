using Channels;

namespace Conformance;

/// <summary>
/// <c>/longpoll/{channel}</c>: answers with the next message to the group of that name, or with 204 when none comes in
/// time (<c>?wait=25000</c>, in milliseconds).
/// </summary>
internal sealed partial class LongPollConsumer(TimeProvider time) : HttpConsumer
{
    private bool _answered;

    protected override IEnumerable<string> InitialGroups => [Route["channel"]];

    protected override ValueTask HandleAsync(ReadOnlyMemory<byte> body)
    {
        KeepOpen(); // the answer comes later, from a handler
        Detach(GiveUpAsync);
        return ValueTask.CompletedTask;
    }

    [Handles(ConformanceMessage.Type)]
    private ValueTask OnMessage(ConformanceMessage message) => AnswerAsync(() => SendTextAsync(message.Text));

    [Handles("longpoll.timeout")]
    private ValueTask OnTimeout() => AnswerAsync(() => SendResponseAsync(204));

    // A message to oneself, so that giving up waits its turn behind a message that is being handled.
    private async Task GiveUpAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(Query.Number(Scope, "wait", 25_000, most: 300_000)), time, cancellationToken);
        await RequireLayer().SendAsync(ChannelName!, new ChannelMessage("longpoll.timeout"), cancellationToken); // a layer gives every consumer a channel
    }

    private ValueTask AnswerAsync(Func<ValueTask> answer)
    {
        if (_answered)
        {
            return ValueTask.CompletedTask;
        }

        _answered = true;
        return answer();
    }
}
