using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Channels.Kestrel;

/// <summary>
/// Reads one connection: a loop of continuations, not a parked method, so that a message allocates nothing but itself.
/// Each turn parses what is there, arms the next read, and only then, as its last act, lets the application run: a
/// handler that blocks never stops pings from being answered.
/// </summary>
internal sealed class InboundPump : IThreadPoolWorkItem
{
    // After a fault so much is taken from the peer and thrown away, lest a reset overtake our close frame (W-60).
    private const int MostDrained = 64 * 1024;

    private const int Running = 0;
    private const int Paused = 1;

    private readonly PipeReader _input;
    private readonly MessageReader _reader;
    private readonly InboundEvents _events;
    private readonly IInboundPumpOwner _owner;
    private readonly ConnectionHeartbeat _heartbeat;
    private readonly int _maxFramesPerSecond;
    private readonly Action _readable;
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _read;
    private long _messageSince;
    private long _drained;
    private long _countedSecond;
    private int _frames;
    private int _state;
    private bool _readPending;
    private bool _faulted;
    private volatile bool _discarding;
    private volatile bool _stopping;
    private volatile bool _finished;

    public InboundPump(PipeReader input, MessageReader reader, InboundEvents events, ConnectionHeartbeat heartbeat, IInboundPumpOwner owner, int maxFramesPerSecond)
    {
        (_input, _reader, _events, _heartbeat, _owner, _maxFramesPerSecond) = (input, reader, events, heartbeat, owner, maxFramesPerSecond);
        _readable = Run;
    }

    /// <summary>When the message that is coming in began, in heartbeat time; 0 when none is.</summary>
    public long MessageSince => Volatile.Read(ref _messageSince);

    /// <summary>True while the application has enough to do and the socket is left alone.</summary>
    public bool IsPaused => Volatile.Read(ref _state) == Paused;

    public void Start() => Arm();

    /// <summary>The application has taken an event.</summary>
    public void ResumeIfRoom()
    {
        if (IsPaused && _events.HasRoomAgain)
        {
            Resume();
        }
    }

    /// <summary>Our close frame is out: whatever comes is thrown away, up to the peer's own close frame.</summary>
    public void Discard()
    {
        _discarding = true;
        Resume();
    }

    /// <summary>Ends reading; <see cref="IInboundPumpOwner.OnInputFinished"/> follows.</summary>
    public void Stop()
    {
        _stopping = true;
        if (!_finished)
        {
            _input.CancelPendingRead();
        }

        Resume();
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_readPending)
        {
            Run();
        }
        else
        {
            Arm();
        }
    }

    private void Resume()
    {
        if (Interlocked.CompareExchange(ref _state, Running, Paused) == Paused)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    // A read that is complete at once gets a work item of its own: the application of this turn comes first.
    private void Arm()
    {
        try
        {
            _read = _input.ReadAsync(CancellationToken.None).ConfigureAwait(false).GetAwaiter(); // an application's context is not ours
        }
        catch (Exception error) when (IsTransportError(error))
        {
            Lose();
            _events.Deliver();
            return;
        }

        _readPending = true;
        if (_read.IsCompleted)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            _read.UnsafeOnCompleted(_readable);
        }
    }

    private void Run()
    {
        _readPending = false;
        if (Turn())
        {
            Arm();
        }

        _events.Deliver(); // the application runs here, and may take its time
    }

    // True when the next read is to be armed.
    private bool Turn()
    {
        ReadResult result;
        try
        {
            result = _read.GetResult();
        }
        catch (Exception error) when (IsTransportError(error))
        {
            Lose();
            return false;
        }

        var buffer = result.Buffer;
        if (!buffer.IsEmpty)
        {
            _owner.OnInput();
        }

        var end = buffer.End;
        var outcome = _stopping ? TurnEnd.Finished : _faulted ? Drain(ref buffer) : Parse(ref buffer);
        _input.AdvanceTo(buffer.Start, outcome == TurnEnd.NeedMore ? end : buffer.Start);
        switch (outcome)
        {
            case TurnEnd.Full:
                Pause();
                return false;
            case TurnEnd.Finished:
                Finish();
                return false;
            default:
                if (result.IsCompleted)
                {
                    Lose();
                    return false;
                }

                return true;
        }
    }

    private void Pause()
    {
        Volatile.Write(ref _messageSince, 0);
        _owner.OnPaused();
        Interlocked.Exchange(ref _state, Paused);
        if (_events.HasRoomAgain || _discarding || _stopping)
        {
            Resume(); // whoever made room may have looked before the line above
        }
    }

    private TurnEnd Parse(ref ReadOnlySequence<byte> buffer)
    {
        while (true)
        {
            switch (_reader.Read(ref buffer))
            {
                case not ReadOutcome.NeedMore when _maxFramesPerSecond > 0 && IsTooFast():
                    return Fail(WebSocketFault.TooManyFrames, ref buffer);
                case ReadOutcome.Message:
                    Volatile.Write(ref _messageSince, 0);
                    if (TakeMessage())
                    {
                        return TurnEnd.Full;
                    }

                    break;
                case ReadOutcome.Ping when !_discarding:
                    _owner.OnPing(_reader.Control);
                    break;
                case ReadOutcome.Close:
                    if (CloseFrame.TryParse(_reader.Control, out var code, out var reason) is { } bad)
                    {
                        return Fail(bad, ref buffer);
                    }

                    _owner.OnPeerClose(code, reason);
                    return TurnEnd.Finished;
                case ReadOutcome.Fault:
                    return Fail(_reader.Fault!, ref buffer); // set with the outcome
                case ReadOutcome.NeedMore:
                    if (_messageSince == 0 && (_reader.IsInsideMessage || !buffer.IsEmpty))
                    {
                        Volatile.Write(ref _messageSince, Math.Max(1, _heartbeat.Now));
                    }

                    return TurnEnd.NeedMore;
            }
        }
    }

    // Counts messages and control frames in the heartbeat's seconds.
    private bool IsTooFast()
    {
        if (_countedSecond != _heartbeat.Now)
        {
            (_countedSecond, _frames) = (_heartbeat.Now, 0);
        }

        return ++_frames > _maxFramesPerSecond;
    }

    // True when the application has enough now.
    private bool TakeMessage()
    {
        var payload = _reader.TakeMessage();
        if (_discarding)
        {
            return false;
        }

        _owner.OnMessage(_reader.Kind, payload.Length);
        return _events.Add(new WebSocketReceive(_reader.Kind, payload));
    }

    private TurnEnd Fail(WebSocketFault fault, ref ReadOnlySequence<byte> buffer)
    {
        var wasDiscarding = _discarding;
        _faulted = true;
        Volatile.Write(ref _messageSince, 0);
        _owner.OnFault(fault);
        if (wasDiscarding)
        {
            _owner.OnDrained(); // our close frame was out already; there is nothing to wait for from such a peer
        }

        buffer = buffer.Slice(buffer.End);
        return TurnEnd.NeedMore;
    }

    // After a fault frames cannot be told apart any more; what looks like a close frame is taken for the peer's farewell.
    private TurnEnd Drain(ref ReadOnlySequence<byte> buffer)
    {
        _drained += buffer.Length;
        var start = buffer.FirstSpan;
        if (_drained > MostDrained || (start.Length >= 2 && start[0] == 0x88 && start[1] >= 0x80))
        {
            _owner.OnDrained();
        }

        buffer = buffer.Slice(buffer.End);
        return TurnEnd.NeedMore;
    }

    private void Lose()
    {
        _owner.OnInputLost();
        Finish();
    }

    private void Finish()
    {
        _finished = true;
        _reader.Dispose();
        _owner.OnInputFinished();
    }

    // A connection that was reset or aborted; a pipe completed by the transport throws InvalidOperationException.
    private static bool IsTransportError(Exception error) =>
        error is IOException or InvalidOperationException or OperationCanceledException;
}
