using System.Text.Json;
using Channels;
using Channels.SocketIO;

namespace SocketIOChat;

/// <summary>One person in the chat: in one room at a time, which sees who is there and who writes.</summary>
internal sealed partial class ChatNamespace : SocketIOConsumer
{
    private const int LongestName = 32;
    private const int LongestText = 2_000;

    private readonly SortedSet<string> _people = new(StringComparer.Ordinal);
    private string _name = "";
    private string? _room;

    protected override ValueTask OnConnectAsync(JsonElement authentication)
    {
        _name = authentication.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()!.Trim() : "";
        return _name.Length is > 0 and <= LongestName ? ValueTask.CompletedTask : throw new SocketIORefusedException($"A name has 1 to {LongestName} characters.");
    }

    // Everybody of a room, in whatever process, is present in it; what this tells is kept up to date by the two handlers below.
    [On("join")]
    public async Task<IReadOnlyCollection<string>> JoinAsync(string room)
    {
        if (_room is { } former)
        {
            await Socket.LeaveAsync(former);
            await Groups.UntrackAsync(PeopleOf(former));
            await Groups.UnwatchAsync(PeopleOf(former));
        }

        _room = room;
        await Socket.JoinAsync(room);
        await Groups.TrackAsync(PeopleOf(room), _name);
        var page = await Groups.WatchAsync(PeopleOf(room));
        _people.Clear();
        _people.UnionWith(page.Entries.Select(entry => entry.Key));
        return _people;
    }

    [On("say")]
    public async Task<DateTimeOffset?> SayAsync(string text)
    {
        if (_room is not { } room || text.Trim() is not { Length: > 0 and <= LongestText } said)
        {
            return null;
        }

        await Socket.To(room).EmitAsync("said", _name, said);
        return DateTimeOffset.UtcNow;
    }

    [On("typing")]
    public ValueTask TypingAsync(bool isTyping) => _room is { } room ? Socket.To(room).Volatile.EmitAsync("typing", _name, isTyping) : ValueTask.CompletedTask;

    [Handles(PresenceNews.Joined)]
    private ValueTask OnJoined(MessageMap news) => ChangeAsync(news, _people.Add);

    [Handles(PresenceNews.Left)]
    private ValueTask OnLeft(MessageMap news) => ChangeAsync(news, _people.Remove);

    private ValueTask ChangeAsync(MessageMap news, Func<string, bool> change) =>
        _room is { } room && news["group"].GetText() == PeopleOf(room) && change(news["key"].GetText()) ? Socket.EmitAsync("people", _people) : ValueTask.CompletedTask;

    // Rooms have any names, groups have not.
    private static string PeopleOf(string room) => SocketIOGroups.OfRoom("/", room, prefix: "people");
}
