using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace Channels.Benchmarks;

/// <summary>
/// Reads how much a .NET server allocates from outside, through the runtime's own event counters. The session costs the
/// server some CPU, so this runs after the timed window while the load goes on.
/// </summary>
internal sealed class AllocationProbe(int processId)
{
    private const double IntervalSeconds = 0.2;

    private readonly Lock _lock = new();
    private long _deliveries;
    private long _firstDeliveries = -1;
    private long _lastDeliveries;
    private double _bytes;

    /// <param name="deliveries">All deliveries so far.</param>
    /// <param name="step">Keeps the load going for a moment.</param>
    /// <param name="duration">For how long; zero skips.</param>
    /// <returns>Bytes allocated per delivery, or null when the counters did not answer in time.</returns>
    internal double? Measure(Func<long> deliveries, Action step, TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return null;
        var provider = new EventPipeProvider("System.Runtime", EventLevel.Informational, 0, new Dictionary<string, string>
        {
            ["EventCounterIntervalSec"] = IntervalSeconds.ToString(CultureInfo.InvariantCulture),
        });
        using var session = new DiagnosticsClient(processId).StartEventPipeSession([provider], requestRundown: false);
        var reader = new Thread(() => Read(session)) { IsBackground = true, Name = "event counters" };
        reader.Start();
        var end = DateTime.UtcNow + duration;
        while (DateTime.UtcNow < end)
        {
            step();
            Volatile.Write(ref _deliveries, deliveries());
        }

        session.Stop();
        reader.Join(TimeSpan.FromSeconds(5));
        lock (_lock)
        {
            var counted = _lastDeliveries - _firstDeliveries;
            return _firstDeliveries < 0 || counted <= 0 ? null : _bytes / counted;
        }
    }

    private void Read(EventPipeSession session)
    {
        using var source = new EventPipeEventSource(session.EventStream);
        source.Dynamic.All += Record;
        EventStream.ReadToItsEnd(source);
    }

    private void Record(TraceEvent traceEvent)
    {
        if (traceEvent.EventName != "EventCounters") return;
        if (traceEvent.PayloadValue(0) is not IDictionary<string, object> outer) return;
        if (outer["Payload"] is not IDictionary<string, object> counter || (string)counter["Name"] != "alloc-rate") return;
        lock (_lock)
        {
            _lastDeliveries = Volatile.Read(ref _deliveries);
            if (_firstDeliveries < 0) _firstDeliveries = _lastDeliveries;
            else _bytes += Convert.ToDouble(counter["Increment"], CultureInfo.InvariantCulture);
        }
    }
}
