using System.Diagnostics.Metrics;

namespace Channels;

/// <summary>How many jobs wait for their time, on the meter <c>Channels</c>.</summary>
internal static class DelayedJobsGauge
{
    /// <param name="metrics">The host's metrics.</param>
    /// <param name="layer">The alias of the layer that the queue goes with.</param>
    /// <param name="read">Gives the channels that this process knows about, and how many jobs wait there.</param>
    public static void Observe(ChannelsMetrics metrics, string layer, Func<IEnumerable<KeyValuePair<string, long>>> read)
    {
        metrics.Meter.CreateObservableGauge<long>("channels.jobs.delayed", Measure, "{job}", "Jobs that wait for their time, by layer and channel; over Redis in every process that reads the channel.");

        IEnumerable<Measurement<long>> Measure() => read().Select(channel => new Measurement<long>(channel.Value, new("channels.layer", layer), new("channels.channel", channel.Key)));
    }
}
