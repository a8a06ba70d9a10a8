using System.Collections.Concurrent;

namespace Channels.SocketIO;

/// <summary>What an application keeps with one client in one namespace, for as long as it is there (<c>socket.data</c>). Thread-safe.</summary>
public sealed class SocketData : ConcurrentDictionary<string, object?>
{
    /// <summary>Makes an empty one.</summary>
    public SocketData()
        : base(StringComparer.Ordinal)
    {
    }
}
