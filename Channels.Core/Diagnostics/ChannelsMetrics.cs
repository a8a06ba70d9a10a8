using System.Diagnostics.Metrics;

namespace Channels.Extending;

/// <summary>
/// The instruments of meter <see cref="MeterName"/>. A singleton of the host; components made without a host get one of
/// their own. Thread-safe. Tags have low cardinality: no ids, no names of rooms.
/// </summary>
public sealed class ChannelsMetrics
{
    /// <summary>The meter's name, for <c>AddMeter("Channels")</c>.</summary>
    public const string MeterName = "Channels";

    private readonly Counter<long> _layerDropped;
    private readonly Counter<long> _layerSent;
    private readonly Counter<long> _messagesRefused;
    private readonly Counter<long> _layerFailures;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">The host's meter factory; null makes a meter that belongs to nobody.</param>
    public ChannelsMetrics(IMeterFactory? meters = null)
    {
        var meter = meters?.Create(MeterName) ?? new Meter(MeterName);
        Meter = meter;
        _layerDropped = meter.CreateCounter<long>("channels.layer.messages.dropped", "{message}", "Messages a channel layer dropped, by layer and reason (capacity, expired, slow_consumer, undecodable, closed).");
        _layerSent = meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages given to a channel layer, by layer and operation (send, group_send).");
        _messagesRefused = meter.CreateCounter<long>("channels.consumer.messages.unhandled", "{message}", "Layer messages a consumer dropped, by reason (unknown_type, not_bindable).");
        _layerFailures = meter.CreateCounter<long>("channels.consumer.layer.failures", "{failure}", "Handlers that failed because the layer was unavailable, full or too slow, by layer; their connections stay open.");
    }

    /// <summary>The meter, for components that add instruments of their own.</summary>
    public Meter Meter { get; }

    /// <summary>Counts messages a layer dropped.</summary>
    /// <param name="layer">The layer's alias.</param>
    /// <param name="reason"><c>capacity</c>, <c>expired</c>, <c>slow_consumer</c>, <c>undecodable</c>, <c>closed</c>, <c>outdated</c> or <c>uncertain</c>.</param>
    /// <param name="count">How many. Default 1.</param>
    public void LayerDropped(string layer, string reason, long count = 1) =>
        _layerDropped.Add(count, new("channels.layer", layer), new("channels.drop.reason", reason));

    /// <summary>Counts a message given to a layer; a group message counts once, whatever the number of members.</summary>
    /// <param name="layer">The layer's alias.</param>
    /// <param name="operation"><c>send</c> or <c>group_send</c>.</param>
    public void LayerSent(string layer, string operation)
    {
        if (_layerSent.Enabled)
        {
            _layerSent.Add(1, new("messaging.system", "channels"), new("messaging.operation.name", operation), new("channels.layer", layer));
        }
    }

    /// <summary>Counts a layer message that a consumer could not handle.</summary>
    /// <param name="reason"><c>unknown_type</c> or <c>not_bindable</c>.</param>
    public void ConsumerDropped(string reason) => _messagesRefused.Add(1, new KeyValuePair<string, object?>("channels.drop.reason", reason));

    /// <summary>Counts a handler that failed because of its layer.</summary>
    /// <param name="layer">The layer's alias.</param>
    public void ConsumerLayerFailed(string layer) => _layerFailures.Add(1, new KeyValuePair<string, object?>("channels.layer", layer));
}
