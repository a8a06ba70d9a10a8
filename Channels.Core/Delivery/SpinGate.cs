namespace Channels;

/// <summary>
/// A lock of one integer: a monitor or <see cref="Lock"/> would be a second object per socket. For sections of a few dozen instructions
/// that call nothing that waits. A mutable struct: keep it in a field.
/// </summary>
internal struct SpinGate
{
    private int _held;

    public void Enter()
    {
        if (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
        {
            EnterContended();
        }
    }

    public void Exit() => Volatile.Write(ref _held, 0);

    // Spinning is right for so short a time; Sleep(1) would turn one preempted holder into a millisecond of latency.
    private void EnterContended()
    {
        var spinner = new SpinWait();
        do
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
        while (Volatile.Read(ref _held) != 0 || Interlocked.CompareExchange(ref _held, 1, 0) != 0);
    }
}
