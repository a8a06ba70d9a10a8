using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Channels.Testing;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Layers;

/// <summary>An in-memory layer with everything around it in the test's hands: its clock, its log, its counters.</summary>
internal sealed class LayerProbe : ILogger<InMemoryChannelLayer>, IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Instrument, long Value, string Tags)> _measured = new();

    public LayerProbe(InMemoryLayerOptions? options = null, string alias = "default")
    {
        var metrics = new ChannelsMetrics();
        Layer = new InMemoryChannelLayer(alias, options, Clock, metrics, this);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, metrics.Meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            _measured.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}").Order()))));
        _listener.Start();
    }

    public ManualTimeProvider Clock { get; } = new();

    public InMemoryChannelLayer Layer { get; }

    public ConcurrentQueue<(int Id, LogLevel Level, string Text)> Lines { get; } = new();

    public long Dropped(string reason) => Sum("channels.layer.messages.dropped", $"channels.drop.reason={reason} channels.layer={Layer.Alias}");

    public long Sum(string instrument, string tags) => _measured.Where(m => m.Instrument == instrument && m.Tags == tags).Sum(m => m.Value);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((eventId.Id, logLevel, formatter(state, exception)));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose() => _listener.Dispose();
}
