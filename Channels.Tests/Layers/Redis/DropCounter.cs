using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Channels.Tests.Layers.Redis;

/// <summary>Counts what a layer drops, by reason, and the connections it loses, by purpose.</summary>
internal sealed class DropCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _drops = new();

    public DropCounter()
    {
        Metrics = new();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, Metrics.Meter) && instrument.Name is "channels.layer.messages.dropped" or "channels.redis.connection.losses")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key is "channels.drop.reason" or "channels.redis.purpose")
                {
                    _drops.AddOrUpdate((string)tag.Value!, count, (_, before) => before + count);
                }
            }
        });
        _listener.Start();
    }

    public ChannelsMetrics Metrics { get; }

    public long this[string reason] => _drops.GetValueOrDefault(reason);

    public void Dispose() => _listener.Dispose();
}
