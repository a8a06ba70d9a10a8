namespace Channels.Layers.Redis;

/// <summary>A pop that is blocked in the server.</summary>
/// <param name="version">Of the demand it began with.</param>
internal sealed class BlockedPop(int version)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Version => version;

    public Task Ended => _ended.Task;

    public void End() => _ended.TrySetResult();
}
