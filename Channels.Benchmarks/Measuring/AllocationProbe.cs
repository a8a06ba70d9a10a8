using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace Channels.Benchmarks;

/// <summary>
/// Reads how much a .NET server allocates from outside, through the runtime's own event counters. The session costs the
/// server some CPU, so this runs after the timed window while the load goes on.
/// </summary>
/// <remarks>
/// The counters arrive some time after they were read. What was delivered is therefore looked up for the moment that each
/// carries, and not for that of its arrival, which would shift the two against each other by a tenth.
/// </remarks>
internal sealed class AllocationProbe(int processId)
{
    private const double IntervalSeconds = 0.2;

    private readonly List<(DateTime At, double Bytes)> _increments = [];

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
        var progress = new DeliveryProgress();
        var end = DateTime.UtcNow + duration;
        do
        {
            step();
            progress.Add(DateTime.UtcNow, deliveries());
        }
        while (DateTime.UtcNow < end);

        session.Stop();
        return reader.Join(TimeSpan.FromSeconds(5)) ? PerDelivery(progress, _increments) : null;
    }

    /// <summary>What was allocated for each delivery between the first and the last counter that fall into the time of the deliveries; null for fewer than two.</summary>
    internal static double? PerDelivery(DeliveryProgress progress, IReadOnlyList<(DateTime At, double Bytes)> increments)
    {
        var (bytes, first, last) = (0.0, (double?)null, 0.0);
        foreach (var (at, increment) in increments)
        {
            if (progress.At(at) is not { } delivered) continue;
            if (first is null) first = delivered;
            else bytes += increment;
            last = delivered;
        }

        return last > first ? bytes / (last - first) : null;
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
        _increments.Add((traceEvent.TimeStamp.ToUniversalTime(), Convert.ToDouble(counter["Increment"], CultureInfo.InvariantCulture)));
    }
}
