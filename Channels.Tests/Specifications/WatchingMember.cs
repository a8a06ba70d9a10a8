namespace Channels.Tests.Specifications;

/// <summary>What a <see cref="WatchingMember"/> does.</summary>
public sealed record WatchPlan(string? Key, MessageMap? Metadata = null, bool Watches = true);

/// <summary>Is present in the room under a key, and sends who is here, and who comes and goes.</summary>
internal sealed partial class WatchingMember(WatchPlan plan) : WebSocketConsumer
{
    protected override async ValueTask OnConnectAsync()
    {
        if (plan.Key is { } key)
        {
            await Groups.TrackAsync("room", key, plan.Metadata);
        }

        var here = plan.Watches ? await Groups.WatchAsync("room") : null;
        await AcceptAsync();
        await TellAsync(here);
    }

    protected override async ValueTask OnHistoryGoneAsync(string group) => await TellAsync(await Groups.WatchAsync("room"));

    [Handles(PresenceNews.Joined)]
    private ValueTask OnJoined(ChannelMessage message) => SendTextAsync($"+{message.Fields["key"].GetText()}");

    [Handles(PresenceNews.Left)]
    private ValueTask OnLeft(ChannelMessage message) => SendTextAsync($"-{message.Fields["key"].GetText()}");

    private ValueTask TellAsync(PresencePage? here) => here is null ? ValueTask.CompletedTask : SendTextAsync("here " + string.Join(' ', here.Entries.Select(entry => entry.Key)));
}
