using Channels;

namespace Chat;

/// <summary>Which groups stand for a room, and how people are told apart there: what was said is the group's history, who is there its presence.</summary>
internal static class ChatRoom
{
    /// <summary>The group in which rooms are present as people are in rooms.</summary>
    public const string OpenRooms = "chat-rooms";

    private const int MostCounted = 100;
    private const int MostShown = 20;

    /// <summary>The group of a room.</summary>
    public static string GroupOf(string room) => $"chat.{room}";

    /// <summary>The key of a person; all tabs of one are one.</summary>
    public static string KeyOf(Person person) => $"{person.Id}:{person.Name}";

    /// <summary>The person of a key.</summary>
    public static Person PersonOf(string key) => new(key[..key.IndexOf(':', StringComparison.Ordinal)], key[(key.IndexOf(':', StringComparison.Ordinal) + 1)..]);

    /// <summary>The people of a page of those present.</summary>
    public static IReadOnlyList<Person> PeopleOf(PresencePage page) => [.. page.Entries.Select(entry => PersonOf(entry.Key)).DistinctBy(person => person.Id)];

    /// <summary>The rooms with people in them, the fullest first.</summary>
    public static async Task<IReadOnlyList<OpenRoom>> OpenAsync(IGroupPresence presence, CancellationToken cancellationToken)
    {
        List<OpenRoom> open = [];
        foreach (var room in (await presence.ListAsync(OpenRooms, max: MostCounted, cancellationToken: cancellationToken)).Entries)
        {
            open.Add(new(room.Key, PeopleOf(await presence.ListAsync(GroupOf(room.Key), cancellationToken: cancellationToken)).Count));
        }

        return [.. open.Where(room => room.People > 0).OrderByDescending(room => room.People).ThenBy(room => room.Name, StringComparer.Ordinal).Take(MostShown)];
    }
}
