namespace Channels.Tests.Specifications;

/// <summary>What an <see cref="AnsweringMember"/> has seen.</summary>
public sealed class AnswerBook
{
    private int _runs;
    private int _cancelled;

    /// <summary>The consumer's channel, once it is connected.</summary>
    public string Channel { get; set; } = "";

    /// <summary>How many requests were carried out.</summary>
    public int Runs => Volatile.Read(ref _runs);

    /// <summary>How many were told that nobody waits any more.</summary>
    public int Cancelled => Volatile.Read(ref _cancelled);

    public void NoteRun() => Interlocked.Increment(ref _runs);

    /// <summary>Waits until nobody waits any more.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            Interlocked.Increment(ref _cancelled);
        }
    }
}
