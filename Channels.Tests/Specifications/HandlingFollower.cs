namespace Channels.Tests.Specifications;

/// <summary>Follows the room, and sends each message from a handler.</summary>
internal partial class HandlingFollower(FollowerPlan plan) : WebSocketConsumer
{
    protected override async ValueTask OnConnectAsync()
    {
        await AcceptAsync();
        plan.Channel = ChannelName;
        try
        {
            plan.Joined.SetResult(await Groups.JoinAsync(plan.Group, plan.Since));
        }
        catch (Exception error)
        {
            plan.Joined.SetException(error);
            throw;
        }
    }

    protected override ValueTask OnHistoryGoneAsync(string group) => SendTextAsync($"{group} gone");

    [Handles("test.numbered")]
    private async ValueTask OnNumbered(ChannelMessage message)
    {
        if (plan.Gate is { } gate)
        {
            await gate;
        }

        await SendTextAsync(TextOf(message));
    }

    [Handles("test.leave")]
    private async ValueTask OnLeave(ChannelMessage message)
    {
        await Groups.DiscardAsync("room");
        await SendTextAsync("left");
    }

    [Handles("test.again")]
    private async ValueTask OnAgain(ChannelMessage message)
    {
        await SendTextAsync("again");
        await Groups.JoinAsync("room", HistoryPosition.Oldest);
    }

    private protected static string TextOf(ChannelMessage message) => $"{message.Fields["n"].GetInt64()}@{message.Position?.Offset}";
}

/// <summary>Follows the room, and passes each message on past its handlers.</summary>
internal sealed class PassingFollower(FollowerPlan plan) : HandlingFollower(plan)
{
    protected override Event? PassOn(ChannelMessage message) =>
        message.Type == "test.numbered" ? WebSocketSend.FromText(TextOf(message)) : base.PassOn(message);
}
