namespace Channels.Testing;

/// <summary>Waiting with an end.</summary>
internal static class TaskWaits
{
    /// <summary>Waits for a task, but only so long; false when the time is over. The task's own failure is not thrown.</summary>
    public static async Task<bool> WithinAsync(this Task task, TimeSpan timeout, TimeProvider time)
    {
        using var enough = new CancellationTokenSource(); // stops the timer when the task is first
        await Task.WhenAny(task, Task.Delay(timeout, time, enough.Token));
        await enough.CancelAsync();
        return task.IsCompleted;
    }
}
