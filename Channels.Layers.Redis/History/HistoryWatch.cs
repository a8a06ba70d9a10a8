using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Looks after the groups whose history is followed in this process, for the one loss that no later message shows: that of the
/// last one. When a connection is back, and every half minute, the members of groups that have moved look into the history. Knows
/// what the server has given out, so that one that knows less is noticed.
/// </summary>
internal sealed class HistoryWatch : IDisposable
{
    private const int AtOnce = 100;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);
    private readonly IHistoryLayer _layer;
    private readonly HistoryWriter _writer;
    private readonly ConcurrentDictionary<string, HistoryStanding> _known = new(StringComparer.Ordinal);
    private readonly ITimer _timer;
    private int _looking;

    public HistoryWatch(IHistoryLayer layer, HistoryWriter writer)
    {
        (_layer, _writer) = (layer, writer);
        layer.Parts.OnBack(DoubtAll);
        layer.Parts.OnPublished(Came);
        var period = Period < TimeSpan.FromMilliseconds(writer.MaxAge / 3) ? Period : TimeSpan.FromMilliseconds(Math.Max(500, writer.MaxAge / 3));
        _timer = layer.Parts.Time.CreateTimer(static watch => _ = ((HistoryWatch)watch!).LookAsync(), this, period * (0.5 + (Random.Shared.NextDouble() / 2)), period);
    }

    /// <summary>How far this process knows the group's history to have come; of an epoch without a name, if nobody has read it.</summary>
    public HistoryPosition NewestOf(string group) => _known.GetValueOrDefault(group)?.Newest ?? new("", 0);

    /// <summary>Somebody has read the group's history, which stands there.</summary>
    public void Know(string group, HistoryPosition newest) => _known.GetOrAdd(group, static _ => new()).Answered(newest);

    public void Dispose() => _timer.Dispose();

    private void Came(HistoryStamp stamp) => _known.GetValueOrDefault(stamp.Group)?.Came(stamp.Position);

    // Its members read at once, so that nothing waits for the next message.
    private void DoubtAll()
    {
        foreach (var group in Followed())
        {
            _layer.Local.Doubt(group);
        }
    }

    private async Task LookAsync()
    {
        if (Interlocked.Exchange(ref _looking, 1) != 0)
        {
            return; // the last look still waits for its answers
        }

        try
        {
            foreach (var some in Followed().Chunk(AtOnce))
            {
                await Task.WhenAll(some.Select(LookAsync));
            }
        }
        catch (ChannelLayerUnavailableException)
        {
            // The link tells when it is back, and then everybody looks.
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }

    private async Task LookAsync(string group)
    {
        var known = NewestOf(group);
        var answer = await HistoryScripts.Look.RunAsync(
            _layer.HistoryLinkOf(group), _writer.Keys(group), [HistoryPosition.NewEpoch(), _writer.MaxAge, known.Epoch, known.Offset], bytes: 100, CancellationToken.None);
        var stands = HistoryWriter.Position((RedisResult[])answer!); // always a list
        if (stands != _known.GetValueOrDefault(group)?.Read)
        {
            Know(group, stands);
            _layer.Local.Doubt(group);
        }
    }

    // Those that nobody follows any more are forgotten.
    private List<string> Followed()
    {
        List<string> followed = [];
        foreach (var group in _known.Keys)
        {
            if (_layer.Local.HasFollowers(group))
            {
                followed.Add(group);
            }
            else
            {
                _known.TryRemove(group, out _);
            }
        }

        return followed;
    }
}
