using System.Diagnostics.CodeAnalysis;

namespace Channels.SocketIO;

/// <summary>
/// Writes a session's messages to its WebSocket: past its application while it takes them at once, and one after the other
/// where they have to wait. Every member is called inside the lock of the session's outbound.
/// </summary>
/// <param name="link">The WebSocket.</param>
/// <param name="outbound">The session's outbound: it knows the limits, is the lock, and is told when nothing can be written any more.</param>
internal sealed class LinkWriter(WebSocketLink link, SessionOutbound outbound)
{
    private OutboundQueue? _queue; // made when something has to wait for the first time: most WebSockets have none
    private bool _pumping;
    private bool _paused;

    public WebSocketLink Link => link;

    /// <summary>What waits; frames only.</summary>
    public OutboundQueue Queue => _queue ??= new OutboundQueue(outbound.Options, link.Memory);

    /// <summary>Whether what is sent now leaves now.</summary>
    public bool IsWritable => !HasToWait && !link.IsBusy;

    private bool MustQueue => HasToWait || !link.IsDirect;

    private bool HasToWait => _pumping || _paused || _queue is { IsEmpty: false };

    /// <summary>Whether so many bytes more are too many.</summary>
    public bool IsFull(int bytes) => _queue?.IsFull(bytes) == true;

    /// <summary>Nothing is written until something else has been, elsewhere.</summary>
    public void Pause() => _paused = true;

    /// <summary>Writes what has waited.</summary>
    public void Resume()
    {
        _paused = false;
        Pump();
    }

    /// <summary>Takes messages up to the first that is none, or does not fit.</summary>
    /// <returns>How many were taken.</returns>
    public int Write(ReadOnlySpan<Event> events, out bool overflows)
    {
        var batch = default(EventBatch);
        Span<Event> frames = batch;
        var (taken, count) = (0, 0);
        overflows = false;
        while (taken < events.Length && events[taken] is EngineIOSend message)
        {
            if (message.Volatile && !IsWritable)
            {
                taken++;
                continue;
            }

            if (IsFull(message.Length))
            {
                overflows = true;
                break;
            }

            taken++;

            var own = message.GetFrames(link.BinaryAsText);
            if (count + own.Length > EventBatch.Size)
            {
                Pass(frames[..count]);
                count = 0;
            }

            if (own.Length > EventBatch.Size)
            {
                Pass(own);
                continue;
            }

            own.CopyTo(frames[count..]);
            count += own.Length;
        }

        Pass(frames[..count]);
        return taken;
    }

    /// <summary>Writes one message, whatever waits already.</summary>
    public void WriteAnyhow(EngineIOSend message) => Pass(message.GetFrames(link.BinaryAsText));

    /// <summary>Closes the WebSocket behind what waits.</summary>
    public void Close(WebSocketClose close)
    {
        Queue.Add(close);
        Pump();
    }

    private void Pass(ReadOnlySpan<Event> frames)
    {
        var passed = MustQueue ? 0 : link.TrySend(frames);
        if (passed == frames.Length)
        {
            return;
        }

        foreach (var frame in frames[passed..])
        {
            Queue.Add(frame);
        }

        Pump();
    }

    // On a thread of its own: where middleware wraps the WebSocket's way to send, its code runs here.
    private void Pump()
    {
        if (!_pumping && !_paused && _queue is { IsEmpty: false })
        {
            _pumping = true;
            ThreadPool.UnsafeQueueUserWorkItem(static writer => _ = writer.PumpAsync(), this, preferLocal: false); // never fails
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            while (TryNext(out var frame))
            {
                await link.SendAsync(frame);
            }
        }
        catch (Exception e)
        {
            lock (outbound)
            {
                Queue.Clear(); // still pumping, so that nothing more leaves
            }

            outbound.OnLinkFailed(link, e);
        }
    }

    private bool TryNext([NotNullWhen(true)] out Event? frame)
    {
        lock (outbound)
        {
            return _pumping = Queue.TryTake(out frame);
        }
    }
}
