namespace Channels.SocketIO;

/// <summary>The names of the rooms that one client is in, that of its own id included. Thread-safe.</summary>
/// <param name="own">The client's id.</param>
internal sealed class RoomSet(string own)
{
    private string[] _others = []; // replaced, never changed: most clients are in one or two

    /// <summary>The room of the client's own id.</summary>
    public string Own => own;

    /// <summary>How many rooms, the own one included.</summary>
    public int Count => Volatile.Read(ref _others).Length + 1;

    public bool Contains(string room) => room == own || Array.IndexOf(Volatile.Read(ref _others), room) >= 0;

    /// <summary>All of them, the own one first.</summary>
    public string[] ToArray() => [own, .. Volatile.Read(ref _others)];

    public void Add(string room)
    {
        while (true)
        {
            var others = Volatile.Read(ref _others);
            if (room == own || Array.IndexOf(others, room) >= 0 || Interlocked.CompareExchange(ref _others, [.. others, room], others) == others)
            {
                return;
            }
        }
    }

    public void Remove(string room)
    {
        while (true)
        {
            var others = Volatile.Read(ref _others);
            if (Interlocked.CompareExchange(ref _others, Array.FindAll(others, other => other != room), others) == others)
            {
                return;
            }
        }
    }
}
