using System.Diagnostics;

namespace Channels.SocketIO;

/// <summary>
/// What the sessions of one engine have carried: made only where somebody wants to know. Each session counts for itself, so no
/// message touches what others touch. Thread-safe.
/// </summary>
internal sealed class EngineTraffic
{
    private readonly Lock _gate = new();
    private readonly HashSet<SessionTraffic> _live = [];
    private readonly Dictionary<string, long> _closed = new(StringComparer.Ordinal); // by reason, of which there are few
    private readonly SessionTraffic _ended = new(null); // what those carried that have ended
    private long _opened;

    /// <summary>A session begins.</summary>
    public SessionTraffic Open(SessionLife session)
    {
        var traffic = new SessionTraffic(session);
        lock (_gate)
        {
            _opened++;
            _live.Add(traffic);
        }

        return traffic;
    }

    /// <summary>A session has ended.</summary>
    public void Close(SessionTraffic traffic, string reason)
    {
        lock (_gate)
        {
            Debug.Assert(_live.Contains(traffic), "a session ends once");
            _live.Remove(traffic);
            _ended.Add(traffic);
            _closed[reason] = _closed.GetValueOrDefault(reason) + 1;
        }
    }

    /// <summary>All of it until now.</summary>
    public EngineTotals Read()
    {
        var sum = new SessionTraffic(null);
        lock (_gate)
        {
            sum.Add(_ended);
            var polling = 0;
            foreach (var traffic in _live)
            {
                sum.Add(traffic);
                polling += traffic.IsPolling ? 1 : 0;
            }

            return new(_opened, _live.Count, polling, sum.PacketsIn, sum.BytesIn, sum.PacketsOut, sum.BytesOut, new Dictionary<string, long>(_closed, StringComparer.Ordinal));
        }
    }
}
