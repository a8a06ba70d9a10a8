namespace Channels;

/// <summary>What a lane has to do, and the attempts at it.</summary>
/// <param name="message">What to do.</param>
/// <param name="taken">The job of a queue, which wants to hear what became of it; null for a message of a layer, whose end was the taking.</param>
internal sealed class WorkerJob(ChannelMessage message, TakenJob? taken)
{
    private JobRenewal? _renewal;

    public ChannelMessage Message { get; } = message;

    public TakenJob? Taken { get; } = taken;

    /// <summary>How often it was begun so far, by workers before this one as well.</summary>
    public int Attempt { get; set; } = taken is null ? 0 : taken.Attempt - 1;

    public long StartedAt { get; private set; }

    /// <summary>The message's type, fit for a log.</summary>
    public string Type => HeaderText.Escape(Message.Type);

    public void Begin(long now, JobRenewal? renewal)
    {
        Attempt++;
        StartedAt = now;
        _renewal = renewal;
    }

    public async ValueTask EndRenewalAsync()
    {
        if (_renewal is { } renewal)
        {
            _renewal = null;
            await renewal.DisposeAsync();
        }
    }
}
