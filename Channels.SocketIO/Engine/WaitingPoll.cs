namespace Channels.SocketIO;

/// <summary>A GET that waits for something to answer; complete when there is something.</summary>
internal sealed class WaitingPoll() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>It is to be answered. What comes until its answer is made goes with it.</summary>
    public void Answer() => TrySetResult();
}
