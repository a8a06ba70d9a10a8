using System.Text.Json;
using Channels;
using Channels.SocketIO;

namespace SocketIOChat;

/// <summary>One person in the chat: in one room at a time, which sees who is there and who writes.</summary>
internal sealed partial class ChatNamespace(TimeProvider time) : SocketIOConsumer
{
    private const int LongestName = 32;
    private const int LongestRoom = 64;
    private const int LongestText = 2_000;

    // The connection's own: a name is only claimed here, and whoever took somebody's would use up what is theirs. Where people log in, theirs.
    private readonly Pace _pace = new(time, burst: 20, perSecond: 2);
    private string _name = "";
    private string? _room;

    protected override ValueTask OnConnectAsync(JsonElement authentication)
    {
        _name = authentication.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()!.Trim() : "";
        return _name.Length is > 0 and <= LongestName ? ValueTask.CompletedTask : throw new SocketIORefusedException($"A name has 1 to {LongestName} characters.");
    }

    // News of those present are gone, after a loss of data: the page gets the list anew.
    protected override async ValueTask OnHistoryGoneAsync(string group)
    {
        if (_room is { } room)
        {
            await Socket.EmitAsync("people", [await WatchAsync(room)]);
        }
    }

    // Everybody of a room, in whatever process, is present in it. Who enters is told once who is there, and from then on who comes and goes.
    [On("join")]
    public async Task<string[]?> JoinAsync(string room)
    {
        if (room.Length is 0 or > LongestRoom || !_pace.TryTake())
        {
            return null;
        }

        if (_room is { } former)
        {
            await Socket.LeaveAsync(former); // a client that goes from room to room is in one, and kept for one
            await Groups.UntrackAsync(PeopleOf(former));
            await Groups.UnwatchAsync(PeopleOf(former));
        }

        _room = room;
        await Socket.JoinAsync(room);
        await Groups.TrackAsync(PeopleOf(room), _name);
        return await WatchAsync(room);
    }

    [On("say")]
    public async Task<DateTimeOffset?> SayAsync(string text)
    {
        if (_room is not { } room || text.Trim() is not { Length: > 0 and <= LongestText } said || !_pace.TryTake())
        {
            return null;
        }

        await Socket.To(room).EmitAsync("said", _name, said);
        return time.GetUtcNow();
    }

    [On("typing")]
    public ValueTask TypingAsync(bool isTyping) =>
        _room is { } room && _pace.TryTake() ? Socket.To(room).Volatile.EmitAsync("typing", _name, isTyping) : ValueTask.CompletedTask;

    [Handles(PresenceNews.Joined)]
    private ValueTask OnJoined(MessageMap news) => TellAsync("joined", news);

    [Handles(PresenceNews.Left)]
    private ValueTask OnLeft(MessageMap news) => TellAsync("left", news);

    // One name, not the list: a room of a thousand would send a million names for each who comes. News of the room before may be on their way still.
    private ValueTask TellAsync(string change, MessageMap news) =>
        _room is { } room && news["group"].GetText() == PeopleOf(room) ? Socket.EmitAsync(change, news["key"].GetText()) : ValueTask.CompletedTask;

    private async Task<string[]> WatchAsync(string room) => [.. (await Groups.WatchAsync(PeopleOf(room))).Entries.Select(entry => entry.Key)];

    // Rooms have any names, groups have not.
    private static string PeopleOf(string room) => SocketIOGroups.OfRoom("/", room, prefix: "people");
}
