using System.Diagnostics.Metrics;

namespace Channels;

/// <summary>How long requests of one layer took, and what became of them.</summary>
internal sealed class RequestMetrics(ChannelsMetrics metrics, string layer)
{
    public const string Answered = "answered";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    private readonly Histogram<double> _duration = metrics.Meter.CreateHistogram<double>(
        "channels.request.duration", "s", "How long requests to channels took, by layer and outcome (answered, failed, unanswered, timed_out, cancelled, unsent).");

    public static string OutcomeOf(Exception error) => error switch
    {
        RequestUnansweredException => "unanswered",
        RequestTimedOutException => "timed_out",
        RequestFailedException => Failed,
        _ => "unsent",
    };

    public void Ended(TimeSpan took, string outcome)
    {
        if (_duration.Enabled)
        {
            _duration.Record(took.TotalSeconds, new("channels.layer", layer), new("channels.request.outcome", outcome));
        }
    }
}
