namespace Channels.Tests.Specifications;

/// <summary>What an <see cref="AnsweringMember"/> has seen.</summary>
public sealed class AnswerBook
{
    private int _runs;
    private int _begun;
    private int _cancelled;

    /// <summary>The consumer's channel, once it is connected.</summary>
    public string Channel { get; set; } = "";

    /// <summary>How many requests were carried out.</summary>
    public int Runs => Volatile.Read(ref _runs);

    /// <summary>How many began to wait until nobody waits for them.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>How many of these were told that nobody waits any more.</summary>
    public int Cancelled => Volatile.Read(ref _cancelled);

    public void NoteRun() => Interlocked.Increment(ref _runs);

    /// <summary>Waits until nobody waits any more.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _begun);
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
