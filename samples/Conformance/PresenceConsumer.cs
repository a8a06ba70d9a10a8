using Channels;

namespace Conformance;

/// <summary><c>/presence/{name}?key=K</c>: who is there, and from then on who comes and goes; the client itself is there as K.</summary>
internal sealed class PresenceConsumer : WebSocketConsumer
{
    private const int MostKeys = 100_000;
    private const int LongestKey = 256; // of presence

    private string Group => Route["name"];

    protected override async ValueTask OnConnectAsync()
    {
        if (Query.Text(Scope, "key") is { Length: > 0 } key)
        {
            if (key.Length > LongestKey)
            {
                await DenyAsync(400, $"A key has at most {LongestKey} characters.");
                return;
            }

            await Groups.TrackAsync(Group, key);
        }

        var here = await Groups.WatchAsync(Group, MostKeys);
        await AcceptAsync();
        await TellAsync(here);
    }

    // News are gone: the client begins anew.
    protected override async ValueTask OnHistoryGoneAsync(string group) => await TellAsync(await Groups.WatchAsync(Group, MostKeys));

    // Each is made and framed once for all who watch.
    protected override Event? PassOn(ChannelMessage message) => message.Type switch
    {
        PresenceNews.Joined => WebSocketSend.FromText(PresenceAnswer.ToJson(new PresenceJoined(message.Fields["key"].GetText()))),
        PresenceNews.Left => WebSocketSend.FromText(PresenceAnswer.ToJson(new PresenceLeft(message.Fields["key"].GetText()))),
        _ => base.PassOn(message),
    };

    private ValueTask TellAsync(PresencePage here) =>
        SendTextAsync(PresenceAnswer.ToJson(new PresenceHere([.. here.Entries.Select(entry => entry.Key).Order(StringComparer.Ordinal)])));
}
