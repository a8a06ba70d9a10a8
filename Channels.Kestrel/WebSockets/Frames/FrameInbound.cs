using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Channels.Kestrel;

/// <summary>
/// Reads frames from a transport's pipe: a loop of continuations, not a parked method, so that a message allocates
/// nothing but itself. Each turn parses what is there, arms the next read, and only then, as its last act, lets the
/// application run: a handler that blocks never stops pings from being answered.
/// </summary>
internal sealed class FrameInbound(WebSocketConnection connection) : WebSocketInbound(connection), IThreadPoolWorkItem
{
    // After a fault so much is taken from the peer and thrown away, lest a reset overtake our close frame.
    private const int MostDrained = 64 * 1024;

    // What one turn takes: a peer that sends as fast as it can must not keep a thread from others.
    private const int MostFrames = 1000;
    private const int MostBytes = 64 * 1024;

    private PipeReader? _input;
    private MessageReader? _reader;
    private Action? _readable;
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _read;
    private long _messageSince;
    private CloseSearch? _farewell; // once the peer has broken the rules, or nothing of it is kept any more
    private bool _readPending;
    private volatile bool _finished;

    /// <inheritdoc/>
    public override long MessageSince => Volatile.Read(ref _messageSince);

    /// <inheritdoc/>
    public override bool ShowsPongs => true;

    /// <summary>The handshake is complete: this is where the peer's frames come from.</summary>
    /// <param name="input">The pipe.</param>
    /// <param name="inflater">Undoes the compression; null for none.</param>
    /// <param name="most">The longest message that the application wants; null for the server's limit.</param>
    public void Attach(PipeReader input, MessageInflater? inflater, long? most)
    {
        var options = Runtime.Options;
        (_input, _reader) = (input, new MessageReader(MostMessageBytes(most), options.MaxFrameBytes, inflater, Connection));
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

    protected override void StartReading()
    {
        _readable = Run;
        Arm();
    }

    protected override void StopReading()
    {
        if (!_finished)
        {
            _input?.CancelPendingRead();
        }
    }

    // The turn that follows drops it: the reader is its own.
    protected override void LetGo() => StopReading();

    protected override void ReadOn() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    // A read that is complete at once gets a work item of its own: the application of this turn comes first.
    private void Arm()
    {
        try
        {
            _read = _input!.ReadAsync(CancellationToken.None).ConfigureAwait(false).GetAwaiter(); // an application's context is not ours
        }
        catch (Exception error) when (IsTransportError(error))
        {
            Lose();
            Deliver();
            return;
        }

        _readPending = true;
        if (_read.IsCompleted)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            _read.UnsafeOnCompleted(_readable!); // made at the start
        }
    }

    private void Run()
    {
        _readPending = false;
        if (Turn())
        {
            Arm();
        }

        var note = Runtime.Running.Enter(Connection.Path);
        Deliver(); // the application runs here, and may take its time
        note.Leave();
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
            NoteInput();
        }

        if (IsShedding && _farewell is null)
        {
            StopKeeping();
        }

        var end = buffer.End;
        var outcome = IsStopping ? TurnEnd.Finished : _farewell is not null ? Drain(_farewell, ref buffer) : Parse(ref buffer);
        var unread = buffer.Length;
        _input!.AdvanceTo(buffer.Start, outcome == TurnEnd.NeedMore ? end : buffer.Start);
        switch (outcome)
        {
            case TurnEnd.Full:
                Volatile.Write(ref _messageSince, 0);
                Pause(unread);
                return false;
            case TurnEnd.Yield:
                return true; // what is left is read before the end that the peer may have made already
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

    private TurnEnd Parse(ref ReadOnlySequence<byte> buffer)
    {
        var reader = _reader!; // there is one as soon as something is read
        var length = buffer.Length;
        for (var frames = 0; buffer.IsEmpty || (frames < MostFrames && length - buffer.Length < MostBytes); frames++)
        {
            switch (reader.Read(ref buffer))
            {
                case not (ReadOutcome.NeedMore or ReadOutcome.Close) when Runtime.Options.MaxFramesPerSecond > 0 && IsTooFast(): // none comes behind a close
                    return Fail(WebSocketFault.TooManyFrames, ref buffer);
                case ReadOutcome.Message:
                    Volatile.Write(ref _messageSince, 0);
                    if (Add(reader.Kind, reader.TakeMessage()))
                    {
                        return TurnEnd.Full;
                    }

                    break;
                case ReadOutcome.Ping when !IsDiscarding:
                    Connection.Outbound.SendControl(FrameWriting.Control(FrameOpcode.Pong, reader.Control));
                    break;
                case ReadOutcome.Close:
                    if (CloseFrame.TryParse(reader.Control, out var code, out var reason) is { } bad)
                    {
                        var next = Fail(bad, ref buffer);
                        Connection.Closing.OnDrained(); // it has said its last word, however badly
                        return next;
                    }

                    Connection.Closing.OnPeerClose(code, reason);
                    return TurnEnd.Finished;
                case ReadOutcome.Fault:
                    return Fail(reader.Fault!, ref buffer); // set with the outcome
                case ReadOutcome.NeedMore:
                    if (_messageSince == 0 && (reader.IsInsideMessage || !buffer.IsEmpty))
                    {
                        Volatile.Write(ref _messageSince, Math.Max(1, Runtime.Heartbeat.Now));
                    }

                    return TurnEnd.NeedMore;
            }
        }

        return TurnEnd.Yield;
    }

    private TurnEnd Fail(WebSocketFault fault, ref ReadOnlySequence<byte> buffer)
    {
        var wasDiscarding = IsDiscarding;
        StopKeeping();
        Connection.Closing.OnFault(fault);
        if (wasDiscarding)
        {
            Connection.Closing.OnDrained(); // our close frame was out already; there is nothing to wait for from such a peer
        }

        return Drain(_farewell!, ref buffer); // just set
    }

    // From here on what comes is thrown away, up to the peer's close frame.
    private void StopKeeping()
    {
        _farewell = new CloseSearch(_reader!.Unread); // there is one as soon as something is read
        _reader.Dispose();
        Volatile.Write(ref _messageSince, 0);
    }

    private TurnEnd Drain(CloseSearch farewell, ref ReadOnlySequence<byte> buffer)
    {
        if (farewell.Finds(ref buffer) || farewell.Drained > MostDrained)
        {
            buffer = buffer.Slice(buffer.End);
            Connection.Closing.OnDrained();
        }

        return TurnEnd.NeedMore;
    }

    private void Lose()
    {
        Connection.Closing.Lose();
        Finish();
    }

    private void Finish()
    {
        _finished = true;
        _reader!.Dispose(); // there is one as soon as something is read
        Connection.Closing.OnInputFinished();
    }

    // A connection that was reset or aborted; a pipe completed by the transport throws InvalidOperationException.
    private static bool IsTransportError(Exception error) =>
        error is IOException or InvalidOperationException or OperationCanceledException;
}
