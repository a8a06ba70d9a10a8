using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Channels.SocketIO;

/// <summary>
/// The groups of the channel layer that rooms are: for code that sends to them without this library, or in another language.
/// </summary>
/// <remarks>
/// A group is called <c>PREFIX.HASH</c>: the hash is SHA-256 over the namespace's name in UTF-8, followed, for a room, by a zero
/// byte and the room's name, written as base64url without padding. Rooms may have any names that way, and two never share a group.
/// What is understood there: <see cref="EmitType"/>, with the namespace as <c>nsp</c>, the event's name as <c>event</c>, and its
/// arguments as the list <c>args</c>.
/// </remarks>
public static class SocketIOGroups
{
    /// <summary>The type of layer messages that are emitted to every client of a group.</summary>
    public const string EmitType = "socketio.emit";

    private const int LongestOnStack = 512;

    /// <summary>The group of all clients of a namespace.</summary>
    /// <param name="space">The namespace.</param>
    /// <param name="prefix">As <see cref="SocketIOOptions.GroupPrefix"/>.</param>
    public static string OfNamespace(string space, string prefix = "sio")
    {
        ArgumentNullException.ThrowIfNull(space);
        return Name(prefix, space, null);
    }

    /// <summary>The group of a room's members.</summary>
    /// <param name="space">The namespace.</param>
    /// <param name="room">The room; a client's id is the room of that client alone.</param>
    /// <param name="prefix">As <see cref="SocketIOOptions.GroupPrefix"/>.</param>
    public static string OfRoom(string space, string room, string prefix = "sio")
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(room);
        return Name(prefix, space, room);
    }

    /// <summary>The group whose history holds the events of a namespace, where clients can come back.</summary>
    internal static string OfEvents(string space, string prefix) => Name($"{prefix}.events", space, null);

    private static string Name(string prefix, string space, string? room)
    {
        var longest = Encoding.UTF8.GetMaxByteCount(space.Length) + 1 + Encoding.UTF8.GetMaxByteCount(room?.Length ?? 0);
        Span<byte> text = longest <= LongestOnStack ? stackalloc byte[LongestOnStack] : new byte[longest];
        var length = Encoding.UTF8.GetBytes(space, text);
        if (room is not null)
        {
            text[length++] = 0;
            length += Encoding.UTF8.GetBytes(room, text[length..]);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        return $"{prefix}.{Base64Url.EncodeToString(hash)}";
    }
}
