namespace Channels.Tests.SocketRouter;

/// <summary>The clock of the machine, but for waits of one length: those end when the test says so.</summary>
/// <param name="step">The length.</param>
internal sealed class SteppedTime(TimeSpan step) : TimeProvider
{
    private readonly global::System.Threading.Channels.Channel<ITimer> _waits = global::System.Threading.Channels.Channel.CreateUnbounded<ITimer>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime == step ? Timeout.InfiniteTimeSpan : dueTime, period);
        if (dueTime == step)
        {
            _waits.Writer.TryWrite(timer);
        }

        return timer;
    }

    /// <summary>Ends the next such wait, once it has begun.</summary>
    public async Task EndWaitAsync() => (await _waits.Reader.ReadAsync()).Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
}
