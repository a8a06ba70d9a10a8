using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Channels;
using Samples;

namespace Chat;

/// <summary>Stands between one page and its room.</summary>
internal sealed partial class ChatConsumer(IGroupHistory history, Pace pace, TimeProvider time)
    : JsonWebSocketConsumer<FromBrowser, ToBrowser>(ChatJson.Default.FromBrowser, ChatJson.Default.ToBrowser)
{
    private const int LongestName = 24;
    private const int LongestText = 2_000;
    private const int LongestKey = 64;

    private Person? _me;

    private string Room => Route["room"].ToLowerInvariant();

    private string Group => ChatRoom.GroupOf(Room);

    protected override ValueTask OnJsonAsync(FromBrowser message) => message switch
    {
        Join join => JoinAsync(join),
        Say say => SayAsync(say),
        Typing => WriteAsync(),
        _ => SendJsonAsync(new Problem("The page sent something without a type.")),
    };

    // News of those present are gone, after a loss of data: the page gets the list anew.
    protected override async ValueTask OnHistoryGoneAsync(string group)
    {
        if (_me is { } me)
        {
            await SendJsonAsync(Greeting(me, await Groups.WatchAsync(Group), missed: [], gone: false));
        }
    }

    // What everybody in the room is told goes to the pages past the handlers: JSON text and frame are made once for the whole room.
    protected override Event? PassOn(ChannelMessage message) => message.Position is not { } position ? base.PassOn(message) : message.Type switch
    {
        PresenceNews.Joined => ToFrame(new Joined(ChatRoom.PersonOf(message.Fields["key"].GetText()), position.Epoch, position.Offset)),
        PresenceNews.Left => ToFrame(new Left(ChatRoom.PersonOf(message.Fields["key"].GetText()), position.Epoch, position.Offset)),
        _ => SaidIn(message) is { } said ? ToFrame(said) : base.PassOn(message),
    };

    // The same for what is in no history: each consumer sends the very record that it received.
    [Handles]
    private ValueTask OnRoomMessage(ToBrowser message) => SendJsonAsync(message);

    private async ValueTask JoinAsync(Join join)
    {
        var name = Tidy(join.Name, LongestName);
        if (_me is not null || name.Length == 0 || join.Session.Length is < 16 or > 64)
        {
            await SendJsonAsync(new Problem("You need a name to come in."));
            return;
        }

        var me = new Person(PublicId(join.Session), name);
        await Groups.TrackAsync(ChatRoom.OpenRooms, Room);
        await Groups.TrackAsync(Group, ChatRoom.KeyOf(me));
        var here = await Groups.WatchAsync(Group);
        var missed = await history.ReadAsync(Group, join.Since is null ? HistoryPosition.Oldest : HistoryPosition.Parse(join.Since));
        var gone = missed.Gone;
        if (gone)
        {
            missed = await history.ReadAsync(Group, HistoryPosition.Oldest);
        }

        // What is said from now on, and what did not fit into the page, comes as it is said.
        await Groups.JoinAsync(Group, missed.Messages is [.., { Position: { } last }] ? last : missed.Newest);
        _me = me;
        await SendJsonAsync(Greeting(me, here, [.. missed.Messages.Select(SaidIn).OfType<Said>()], gone));
    }

    private Welcome Greeting(Person me, PresencePage here, IReadOnlyList<Said> missed, bool gone) =>
        new(Room, me.Id, here.Position.Epoch, here.Position.Offset, ChatRoom.PeopleOf(here), missed, gone);

    private async ValueTask SayAsync(Say say)
    {
        if (_me is not { } me)
        {
            await SendJsonAsync(new Problem("Join the room first."));
            return;
        }

        if (say.Text.Length is 0 or > LongestText || say.Key.Length is 0 or > LongestKey)
        {
            await SendJsonAsync(new Problem($"A message has 1 to {LongestText} characters.", say.Key.Length > LongestKey ? null : say.Key));
            return;
        }

        if (!pace.TryTake(me.Id, ClientAddress.Of(Scope)))
        {
            await SendJsonAsync(new Problem("Slowly, please: a message a second.", say.Key));
            return;
        }

        // A page says what it does not know to be said once more after a drop.
        var lately = await history.ReadAsync(Group, HistoryPosition.Oldest);
        if (lately.Messages.Select(SaidIn).OfType<Said>().FirstOrDefault(said => said.Key == say.Key) is { } known)
        {
            await SendJsonAsync(known); // only the sender waits for it
            return;
        }

        await Groups.PublishAsync(Group, new Said(say.Key, me.Id, me.Name, say.Text, time.GetUtcNow()));
    }

    private ValueTask WriteAsync() => _me is { } me && pace.TryTake(me.Id, ClientAddress.Of(Scope)) ? Groups.SendAsync(Group, new Writing(me)) : ValueTask.CompletedTask;

    private static Said? SaidIn(ChannelMessage message) =>
        message.Type == Said.MessageType && message.TryRead<Said>(out var said, out _) ? said with { Position = message.Position?.ToString() } : null;

    private static WebSocketSend ToFrame(ToBrowser message) => WebSocketSend.FromText(JsonSerializer.Serialize(message, ChatJson.Default.ToBrowser));

    private static string PublicId(string session) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(session)))[..12];

    private static string Tidy(string name, int longest) =>
        string.Concat(name.EnumerateRunes().Where(rune => !Rune.IsControl(rune)).Take(longest)).Trim();
}
