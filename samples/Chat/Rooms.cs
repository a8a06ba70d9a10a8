namespace Chat;

/// <summary>
/// Who is in which room and what was said lately, in this process only. A chat over several processes would keep this
/// in a database. Thread-safe; a room is forgotten a while after the last person has left it.
/// </summary>
internal sealed class Rooms(TimeProvider time)
{
    private const int MostHistory = 100;
    private const int MostRooms = 1_000;
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromHours(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Room> _rooms = new(StringComparer.Ordinal);
    private long _changes; // of who is where; of all rooms, so that a room that was forgotten does not begin anew

    /// <summary>Tells this run of the server from the next one, which will have forgotten everything.</summary>
    public string Epoch { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Enters a room; null when too many rooms are open.</summary>
    /// <returns>What the newcomer is told, and what the others are told; null when the person is there already in another tab.</returns>
    public (Welcome Welcome, Joined? News)? Enter(string name, Person person)
    {
        lock (_lock)
        {
            ForgetOldRooms();
            if (!_rooms.TryGetValue(name, out var room))
            {
                if (_rooms.Count >= MostRooms && !TryForgetEmptyRoom())
                {
                    return null;
                }

                _rooms[name] = room = new Room();
            }

            var isNew = !room.People.Any(p => p.Id == person.Id);
            room.People.Add(person);
            var news = isNew ? new Joined(person, Epoch, ++_changes) : null;
            return (new Welcome(name, person.Id, Epoch, _changes, room.Distinct(), [.. room.History]), news);
        }
    }

    /// <summary>Leaves a room.</summary>
    /// <returns>What the others are told; null when the person is still there in another tab.</returns>
    public Left? Leave(string name, Person person)
    {
        lock (_lock)
        {
            var room = _rooms[name]; // a room with people is never forgotten
            room.People.Remove(person);
            room.LastLeft = time.GetUtcNow();
            return room.People.Any(p => p.Id == person.Id) ? null : new Left(person, Epoch, ++_changes);
        }
    }

    /// <summary>Writes a message down; false when its key is known, because the page sent it again after a drop.</summary>
    public bool Remember(string name, Said said)
    {
        lock (_lock)
        {
            var history = _rooms[name].History;
            if (history.Any(known => known.Key == said.Key))
            {
                return false;
            }

            history.Enqueue(said);
            if (history.Count > MostHistory)
            {
                history.Dequeue();
            }

            return true;
        }
    }

    /// <summary>The rooms with people in them, the fullest first.</summary>
    public IReadOnlyList<OpenRoom> Open()
    {
        lock (_lock)
        {
            return [.. _rooms.Where(r => r.Value.People.Count > 0)
                .Select(r => new OpenRoom(r.Key, r.Value.Distinct().Count))
                .OrderByDescending(r => r.People).ThenBy(r => r.Name, StringComparer.Ordinal).Take(20)];
        }
    }

    private void ForgetOldRooms()
    {
        var oldest = time.GetUtcNow() - ForgetAfter;
        foreach (var (name, room) in _rooms)
        {
            if (room.People.Count == 0 && room.LastLeft < oldest)
            {
                _rooms.Remove(name);
            }
        }
    }

    // Somebody who opens room after room must not shut the door to everybody else: a room without people makes place.
    private bool TryForgetEmptyRoom()
    {
        var oldest = _rooms.Where(room => room.Value.People.Count == 0).OrderBy(room => room.Value.LastLeft).Select(room => room.Key).FirstOrDefault();
        return oldest is not null && _rooms.Remove(oldest);
    }

    private sealed class Room
    {
        /// <summary>One entry per connection: a person with two tabs stands here twice.</summary>
        public List<Person> People { get; } = [];

        public Queue<Said> History { get; } = [];

        public DateTimeOffset LastLeft { get; set; }

        public IReadOnlyList<Person> Distinct() => [.. People.DistinctBy(p => p.Id)];
    }
}
