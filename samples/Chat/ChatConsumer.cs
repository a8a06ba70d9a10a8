using System.Security.Cryptography;
using System.Text;
using Channels;

namespace Chat;

/// <summary>Stands between one page and its room.</summary>
internal sealed partial class ChatConsumer(Rooms rooms, TimeProvider time)
    : JsonWebSocketConsumer<FromBrowser, ToBrowser>(ChatJson.Default.FromBrowser, ChatJson.Default.ToBrowser)
{
    private const int LongestName = 24;
    private const int LongestText = 2_000;
    private const int LongestKey = 64;

    private readonly Pace _pace = new(time, burst: 20, perSecond: 1);
    private Person? _me;

    private string Room => Route["room"].ToLowerInvariant();

    private string Group => $"chat.{Room}";

    protected override ValueTask OnJsonAsync(FromBrowser message) => message switch
    {
        Join join => JoinAsync(join),
        Say say => SayAsync(say),
        Typing => WriteAsync(),
        _ => SendJsonAsync(new Problem("The page sent something without a type.")),
    };

    protected override async ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
    {
        if (_me is { } me && rooms.Leave(Room, me) is { } news)
        {
            await Groups.SendAsync(Group, news);
        }
    }

    // Everything that the room is told goes to the page unchanged: the JSON text and its frame are made once for the whole room.
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

        // In the group first, then on the list: what is said in between arrives twice at most, and the page knows the key.
        await Groups.AddAsync(Group);
        var me = new Person(PublicId(join.Session), name);
        if (rooms.Enter(Room, me) is not { } entered)
        {
            await Groups.DiscardAsync(Group);
            await SendJsonAsync(new Problem("Too many rooms are open; join one of them."));
            return;
        }

        _me = me;
        await SendJsonAsync(entered.Welcome);
        if (entered.News is { } news)
        {
            await Groups.SendAsync(Group, news);
        }
    }

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

        if (!_pace.TryTake())
        {
            await SendJsonAsync(new Problem("Slowly, please: a message a second.", say.Key));
            return;
        }

        var said = new Said(say.Key, me.Id, me.Name, say.Text, time.GetUtcNow());
        if (rooms.Remember(Room, said))
        {
            await Groups.SendAsync(Group, said);
        }
        else
        {
            await SendJsonAsync(said); // only the sender waits for it
        }
    }

    private ValueTask WriteAsync() => _me is { } me && _pace.TryTake() ? Groups.SendAsync(Group, new Writing(me)) : ValueTask.CompletedTask;

    private static string PublicId(string session) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(session)))[..12];

    private static string Tidy(string name, int longest) =>
        string.Concat(name.EnumerateRunes().Where(rune => !Rune.IsControl(rune)).Take(longest)).Trim();
}
