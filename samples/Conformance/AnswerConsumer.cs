using Channels;

namespace Conformance;

/// <summary><c>/answers</c>: tells its client where it can be asked, and answers requests; <c>answer.hold</c> for as long as somebody waits.</summary>
internal sealed partial class AnswerConsumer : WebSocketConsumer
{
    protected override async ValueTask OnConnectAsync()
    {
        await AcceptAsync();
        await SendTextAsync(ChannelName ?? "");
    }

    [Answers("answer.echo")]
    private MessageMap Echo(MessageMap fields) => new() { ["text"] = fields["text"], ["process"] = Environment.ProcessId };

    [Answers("answer.hold")]
    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        await SendTextAsync("holding");
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }
}
