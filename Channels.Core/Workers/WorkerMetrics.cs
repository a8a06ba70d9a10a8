using System.Diagnostics.Metrics;

namespace Channels;

/// <summary>Instruments of workers, on the meter <c>Channels</c>.</summary>
internal sealed class WorkerMetrics
{
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _deadLettered;
    private readonly Histogram<double> _duration;

    public WorkerMetrics(ChannelsMetrics metrics)
    {
        _attempts = metrics.Meter.CreateCounter<long>("channels.worker.attempts", "{attempt}", "Attempts to handle a message, by channel and outcome (done, failed).");
        _deadLettered = metrics.Meter.CreateCounter<long>("channels.worker.deadlettered", "{message}", "Messages given up on, by channel.");
        _duration = metrics.Meter.CreateHistogram<double>("channels.worker.duration", "s", "Time from handing a message over to the end of its attempt, by channel and outcome.");
    }

    public void Attempt(string channel, bool done, TimeSpan duration)
    {
        var outcome = new KeyValuePair<string, object?>("channels.outcome", done ? "done" : "failed");
        _attempts.Add(1, new("channels.channel", channel), outcome);
        _duration.Record(duration.TotalSeconds, new("channels.channel", channel), outcome);
    }

    public void DeadLettered(string channel) => _deadLettered.Add(1, new KeyValuePair<string, object?>("channels.channel", channel));
}
