using Channels;

namespace Conformance;

/// <summary>
/// <c>/history/{name}?since=EPOCH:OFFSET</c>: every text is published to the group; a client that was away comes back with the
/// position of the last message that it has, and misses nothing.
/// </summary>
internal sealed class HistoryConsumer(TimeProvider time) : WebSocketConsumer
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(200);

    private string Group => Route["name"];

    // Joins before it accepts: while the history is away, clients are refused with 503 and come again.
    protected override async ValueTask OnConnectAsync()
    {
        var since = Query.Text(Scope, "since");
        var join = await Groups.JoinAsync(Group, since is null ? null : HistoryPosition.Parse(since));
        await AcceptAsync();
        await SendTextAsync(HistoryAnswer.ToJson(new HistoryJoined(join.Newest.Epoch, join.Newest.Offset, join.Gone)));
    }

    // What a client has sent is published, if later: its next text is not read before.
    protected override async ValueTask OnTextAsync(string text)
    {
        while (true)
        {
            try
            {
                await Groups.PublishAsync(Group, new ConformanceMessage(text));
                return;
            }
            catch (ChannelLayerUnavailableException error) when (!error.OutcomeUnknown)
            {
                await Task.Delay(TryAgainAfter, time, Aborted);
            }
        }
    }

    // All members send the same: with the position it is made and framed once for each message, not once for each member.
    protected override Event? PassOn(ChannelMessage message) =>
        message.Position is { } position && message.TryRead<ConformanceMessage>(out var body, out _)
            ? WebSocketSend.FromText(HistoryAnswer.ToJson(new HistoryMessage(position.Epoch, position.Offset, body.Text)))
            : base.PassOn(message);
}
