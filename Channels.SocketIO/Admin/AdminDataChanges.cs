using System.Runtime.CompilerServices;

namespace Channels.SocketIO;

/// <summary>Finds out, by looking at it from time to time, whether what an application keeps with clients has changed. For one caller at a time.</summary>
/// <param name="runtime">The server.</param>
/// <param name="reports">Where changes are told.</param>
/// <param name="most">How many clients are looked at.</param>
internal sealed class AdminDataChanges(SocketIORuntime runtime, AdminReports reports, int most)
{
    private readonly ConditionalWeakTable<NamespaceConnection, string> _last = [];

    /// <summary>Tells what has changed since the last time.</summary>
    public void Report()
    {
        foreach (var socket in runtime.Sockets.All().Take(most))
        {
            var data = SocketDescription.OfData(socket);
            if (!_last.TryGetValue(socket, out var last) || last != data)
            {
                _last.AddOrUpdate(socket, data);
                if (last is not null || data != "{}")
                {
                    reports.OnDataChanged(socket, data);
                }
            }
        }
    }
}
