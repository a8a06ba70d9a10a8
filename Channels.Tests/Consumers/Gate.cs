using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>Holds a handler until the test opens it.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Reached => _reached.Task.WaitAsync(Eventually.Patience);

    public void Open() => _opened.TrySetResult();

    public Task PassAsync(CancellationToken cancellationToken = default)
    {
        _reached.TrySetResult();
        return _opened.Task.WaitAsync(cancellationToken);
    }
}
