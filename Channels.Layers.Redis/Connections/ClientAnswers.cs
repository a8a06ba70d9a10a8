namespace Channels.Layers.Redis;

/// <summary>Where the code behind an await of the client's answers runs.</summary>
internal static class ClientAnswers
{
    /// <summary>
    /// Completes when the answer is there, on the thread pool. The client completes all its answers one after another on
    /// one thread, and the code behind an await runs right there: a caller that blocks would hold up everybody's answers.
    /// Never fails; ask the answer itself.
    /// </summary>
    public static Task ThereAsync(this Task answer) => answer.IsCompleted
        ? Task.CompletedTask
        : answer.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
}
