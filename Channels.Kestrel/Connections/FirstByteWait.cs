using System.IO.Pipelines;
using Microsoft.Extensions.ObjectPool;

namespace Channels.Kestrel;

/// <summary>
/// One connection's wait for its first byte, used again by another one afterwards: nearly every connection waits. Who gives it up may come late
/// (the clock may have begun to call it when the wait ends) and must not meet the connection that has it by then. Thread-safe.
/// </summary>
internal sealed class FirstByteWait : HeartbeatEntry, IResettable
{
    private readonly Lock _gate = new();
    private PipeReader? _input; // null while nobody waits
    private long _until;

    /// <summary>A connection waits.</summary>
    /// <param name="input">What it reads from.</param>
    /// <param name="until">How long, in the time of the heartbeat.</param>
    public void Begin(PipeReader input, long until)
    {
        lock (_gate)
        {
            (_input, _until) = (input, until);
        }
    }

    /// <summary>Ends the read that waits, as if nothing had been said.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            _input?.CancelPendingRead();
        }
    }

    /// <inheritdoc/>
    public override long Beat(long now)
    {
        lock (_gate)
        {
            if (_input is not null && now < _until)
            {
                return _until; // the one before was meant
            }

            _input?.CancelPendingRead();
            return Never;
        }
    }

    /// <inheritdoc/>
    public bool TryReset()
    {
        lock (_gate)
        {
            _input = null;
            return true;
        }
    }
}
