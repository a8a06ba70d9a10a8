namespace Channels;

/// <summary>A taken job and the attempts at it, in the hands of one lane.</summary>
internal sealed class WorkerJob(TakenJob taken)
{
    private JobRenewal? _renewal;

    public TakenJob Taken { get; } = taken;

    /// <summary>How often it was begun so far, by workers before this one as well.</summary>
    public int Attempt { get; set; } = taken.Attempt - 1;

    public long StartedAt { get; private set; }

    /// <summary>The message's type, fit for a log.</summary>
    public string Type => HeaderText.Escape(Taken.Message.Type);

    public void Begin(long now, JobRenewal renewal)
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
