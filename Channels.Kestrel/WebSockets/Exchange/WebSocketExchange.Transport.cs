namespace Channels.Kestrel;

// What reading and writing report, and what they are told.
internal sealed partial class WebSocketExchange : IInboundPumpOwner, IConnectionWriterOwner
{
    private int _partsAtWork = 2; // reading and writing
    private bool _faulted;
    private volatile bool _drained;
    private volatile bool _outputFinished;

    /// <summary>Gives back what the connection held; nothing is sent any more.</summary>
    public void Release()
    {
        if (_window is not null)
        {
            lock (_window)
            {
                _windowReleased = true;
                _window.Dispose();
            }
        }
    }

    void IInboundPumpOwner.OnInput()
    {
        _lastInput = _runtime.Heartbeat.Now;
        _pingedAt = 0;
    }

    void IInboundPumpOwner.OnMessage(WebSocketMessageKind kind, int length)
    {
        _lastReceived = _runtime.Heartbeat.Now;
        _runtime.Metrics.Received(kind, length);
    }

    void IInboundPumpOwner.OnPing(ReadOnlySpan<byte> body) => _writer.SendControl(FrameWriting.Control(FrameOpcode.Pong, body));

    void IConnectionWriterOwner.OnOutputBlocked() => Schedule(_runtime.Options.SlowClientTimeout, evenZero: true);

    void IConnectionWriterOwner.OnOutputDropped(bool firstOfEpisode)
    {
        _runtime.Metrics.Dropped();
        if (firstOfEpisode)
        {
            Log.Dropping(_runtime.Logger);
        }
    }

    void IInboundPumpOwner.OnPaused() => WatchRequest();

    void IInboundPumpOwner.OnPeerClose(int code, string reason)
    {
        if (BeginEnding(code, reason, ClosedBy.Client, (code, "")))
        {
            FireAborted();
        }
    }

    void IInboundPumpOwner.OnFault(WebSocketFault fault)
    {
        _faulted = true;
        if (BeginEnding(fault.Code, fault.Reason, ClosedBy.Server, (fault.Code, fault.Reason)))
        {
            Log.PeerFault(_runtime.Logger, fault.Code, fault.Reason);
        }
    }

    void IInboundPumpOwner.OnInputLost() => Lose();

    void IInboundPumpOwner.OnDrained()
    {
        _drained = true;
        if (_outputFinished)
        {
            _pump!.Stop(); // it is the caller
        }
    }

    void IInboundPumpOwner.OnInputFinished() => FinishPart();

    void IConnectionWriterOwner.OnOutputFailed()
    {
        Lose();
        _pump?.Stop();
    }

    void IConnectionWriterOwner.OnOutputFinished()
    {
        _outputFinished = true;
        if (_faulted)
        {
            if (_drained)
            {
                _pump!.Stop(); // a fault comes from the pump
            }
            else
            {
                Schedule(DrainTime);
            }
        }

        FinishPart();
    }

    // Cuts the transport: reading and writing end by themselves then.
    private void Cut()
    {
        FireAborted();
        _request.Abort();
        _writer.Abort();
        _pump?.Stop();
    }

    private void FinishPart()
    {
        if (Interlocked.Decrement(ref _partsAtWork) == 0)
        {
            SetEnded();
        }
    }
}
