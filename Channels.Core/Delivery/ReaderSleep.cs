using System.Threading.Tasks.Sources;

namespace Channels;

/// <summary>
/// What a consumer's loop sleeps on: an auto-reset signal with one waiter. Setting it queues the loop as one thread-pool
/// work item, or runs it on the caller's thread, without allocating.
/// </summary>
/// <remarks>
/// The base of <see cref="Mailbox"/> and not a part of it, because there is one per socket and each object counts. A wave
/// may <em>borrow</em> the sleeping loop: do in its place what needs no code of the application's, and let it sleep on.
/// </remarks>
internal abstract class ReaderSleep : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Set = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private Action? _arrive;
    private int _state;
    private volatile bool _eventArrived;

    /// <summary>Whether the callback that <see cref="WakeUpForEvent"/> gave out has been called.</summary>
    public bool EventArrived => _eventArrived;

    /// <summary>Waits until somebody wakes the loop. One waiter only.</summary>
    public ValueTask SleepAsync()
    {
        _core.Reset();
        return TryReturn() ? new ValueTask(this, _core.Version) : ValueTask.CompletedTask;
    }

    /// <summary>Wakes the loop on the thread pool; callable from any thread.</summary>
    public void WakeLoop()
    {
        if (Claim())
        {
            // The global queue: first come, first served, so that a busy group does not starve a quiet socket.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>
    /// A callback for the receive that the loop waits for; it runs the loop on the caller's thread. It belongs to this object
    /// and not to the loop, so that a receive that never completes keeps nothing else alive.
    /// </summary>
    public Action WakeUpForEvent()
    {
        _eventArrived = false;
        return _arrive ??= Arrive;
    }

    /// <summary>Forgets the last waiter, for whoever still holds this object. Only for the waiter itself, after its last wait.</summary>
    public void ForgetWaiter() => _core.Reset();

    void IThreadPoolWorkItem.Execute() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    // No flags: the loop never returns to a synchronization context or scheduler it happened to start on.
    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    /// <summary>
    /// Takes the place of the sleeping loop: until <see cref="TryReturn"/> or <see cref="RunBorrowed"/> nothing else wakes it.
    /// False when it does not sleep; then it will look again by itself.
    /// </summary>
    protected bool TryBorrow() => Interlocked.CompareExchange(ref _state, Idle, Waiting) == Waiting || Claim();

    /// <summary>Lets the borrowed loop sleep on; false when it was woken meanwhile and must run.</summary>
    protected bool TryReturn()
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return true;
        }

        // It was set meanwhile; the loop looks again. A full fence: the looking must not move before the reset, or a
        // setter that still saw the old state would not wake anybody for what it has just stored.
        Interlocked.Exchange(ref _state, Idle);
        return false;
    }

    /// <summary>Runs the borrowed loop on this thread.</summary>
    protected void RunBorrowed() => _core.SetResult(true);

    // A receive completes as the last thing its thread does, so the loop may continue there.
    private void Arrive()
    {
        _eventArrived = true;
        if (Claim())
        {
            _core.SetResult(true);
        }
    }

    private bool Claim()
    {
        while (true)
        {
            // A fenced read: what the caller has just stored must be visible before it finds somebody else's signal.
            var state = Interlocked.CompareExchange(ref _state, Idle, Idle);
            if (state == Set)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _state, state == Waiting ? Idle : Set, state) == state)
            {
                return state == Waiting;
            }
        }
    }
}
