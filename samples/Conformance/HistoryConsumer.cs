using Channels;

namespace Conformance;

/// <summary>
/// <c>/history/{name}?since=EPOCH:OFFSET</c>: every text is published to the group; a client that was away comes back with the
/// position of the last message that it has, and misses nothing.
/// </summary>
internal sealed class HistoryConsumer : WebSocketConsumer
{
    private string Group => Route["name"];

    protected override async ValueTask OnConnectAsync()
    {
        await AcceptAsync();
        var since = Query.Text(Scope, "since");
        var join = await Groups.JoinAsync(Group, since.Length == 0 ? null : HistoryPosition.Parse(since));
        await SendTextAsync(HistoryAnswer.ToJson(new HistoryJoined(join.Newest.Epoch, join.Newest.Offset, join.Gone)));
    }

    protected override async ValueTask OnTextAsync(string text) => await Groups.PublishAsync(Group, new ConformanceMessage(text));

    // All members send the same: with the position it is made and framed once for each message, not once for each member.
    protected override Event? PassOn(ChannelMessage message) =>
        message.Position is { } position && message.TryRead<ConformanceMessage>(out var body, out _)
            ? WebSocketSend.FromText(HistoryAnswer.ToJson(new HistoryMessage(position.Epoch, position.Offset, body.Text)))
            : base.PassOn(message);
}
