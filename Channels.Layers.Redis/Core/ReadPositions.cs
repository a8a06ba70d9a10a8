using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// How far this process has read each key of one host. A server that comes back with older data, or the replica that takes
/// its place, may still hold messages that were delivered long ago. Everything that was delivered has a score not above the
/// highest that was read, so that much is removed there, and nothing comes twice. Used by one reader; not thread-safe.
/// </summary>
internal sealed class ReadPositions(RedisLayerParts parts)
{
    private const int Many = 1000;
    private readonly Dictionary<string, double> _highest = new(StringComparer.Ordinal);
    private ClientConnection? _asked;
    private string? _runId;

    /// <summary>Notes that a message was read; a score that is no time of a sender, but a stranger's, says nothing about others.</summary>
    public void Note(string keyPart, double score)
    {
        if (score <= UnixTime.Seconds(parts.Time) + parts.Options.Expiry.TotalSeconds && score > _highest.GetValueOrDefault(keyPart))
        {
            _highest[keyPart] = score;
            if (_highest.Count > Many)
            {
                ForgetExpired();
            }
        }
    }

    /// <summary>Removes what was read before from a server that is not the one of before; asked before anything is read from it, and does nothing the second time.</summary>
    public async Task DropReadAsync(ClientConnection connection)
    {
        if (_asked == connection)
        {
            return;
        }

        var runId = await ServerRun.IdOfAsync(connection.Database).WaitAsync(parts.Options.CommandTimeout, parts.Time);
        if (_runId is not null && _runId != runId)
        {
            ForgetExpired();
            var latest = UnixTime.Seconds(parts.Time) + ScoreGenerator.MostAhead; // what was read later than that was sent by a clock that was ahead: since it is right, what was not read has lower scores
            var removing = _highest.Where(read => read.Value <= latest).Select(read => connection.Database.SortedSetRemoveRangeByScoreAsync(parts.Names.InboxKey(read.Key), double.NegativeInfinity, read.Value)).ToArray();
            var removed = (await Task.WhenAll(removing).WaitAsync(parts.Options.CommandTimeout, parts.Time)).Sum();
            if (removed > 0)
            {
                parts.Drops.Outdated(removed);
            }
        }

        (_asked, _runId) = (connection, runId);
    }

    // What is older is dropped when it is popped, so nothing has to be known about it.
    private void ForgetExpired()
    {
        var expired = UnixTime.PurgeBound(parts.Time, parts.Options.Expiry);
        foreach (var (keyPart, score) in _highest)
        {
            if (score <= expired)
            {
                _highest.Remove(keyPart); // allowed while enumerating
            }
        }
    }
}
