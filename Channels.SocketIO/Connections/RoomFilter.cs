namespace Channels.SocketIO;

/// <summary>Members of a room who do not get what is sent to it.</summary>
/// <param name="Except">Rooms whose members are left out.</param>
/// <param name="Seen">Rooms whose members get it by another copy.</param>
internal sealed record RoomFilter(IReadOnlyList<string> Except, IReadOnlyList<string> Seen)
{
    public bool Drops(RoomSet rooms) => HasAny(rooms, Except) || HasAny(rooms, Seen);

    private static bool HasAny(RoomSet rooms, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (rooms.Contains(names[i]))
            {
                return true;
            }
        }

        return false;
    }
}
