namespace Channels.SocketRouter;

/// <summary>
/// Runs the handlers of one connection beside its loop, so that the loop can answer heartbeats and pass messages on meanwhile: those
/// of parallel routes at once up to a cap, all others one after the other in the order of their arrival. Thread-safe.
/// </summary>
internal sealed class RequestRunner : IAsyncDisposable
{
    // After so many requests without a wait the others of the thread pool have their turn.
    private const int FairShare = 64;

    private readonly Lock _lock = new();
    private readonly Consumer _consumer;
    private readonly IRequestPeer _peer;
    private readonly RouterFaults _faults;
    private readonly TimeProvider _time;
    private readonly OpenRequests _open = new();
    private readonly Queue<SocketRequest> _inOrder = new();
    private readonly Queue<SocketRequest> _parallel = new();
    private MemoryShare _held; // for the open ones
    private int _running; // of the parallel ones
    private bool _pumping;
    private long _wakeAt = long.MaxValue; // what the timer is set to
    private ITimer? _timer;
    private TaskCompletionSource? _idle; // there when the consumer waits for its end

    public RequestRunner(Consumer consumer, IRequestPeer peer, RouterFaults faults, TimeProvider time) =>
        (_consumer, _peer, _faults, _time) = (consumer, peer, faults, time);

    /// <summary>Takes a request in; false when there are too many already.</summary>
    public bool TryAdd(SocketRequest request)
    {
        lock (_lock)
        {
            if (_open.Count >= _peer.Options.MaxQueuedRequests)
            {
                return false;
            }

            _open.Add(request);
            _held.Set(_open.Length, _peer.Scope);
            WakeBy(request.Deadline);
            if (request.Declared.Parallel)
            {
                if (_running >= _peer.Options.MaxParallelRequests)
                {
                    _parallel.Enqueue(request);
                    return true;
                }

                _running++;
            }
            else
            {
                _inOrder.Enqueue(request);
                if (_pumping)
                {
                    return true;
                }

                _pumping = true;
            }
        }

        // Its own thread's queue: the thread of the loop is about to have nothing to do, and the request is in its cache.
        if (request.Declared.Parallel)
        {
            ThreadPool.QueueUserWorkItem(static work => work.Runner.RunParallel(work.Request), (Runner: this, Request: request), preferLocal: true);
        }
        else
        {
            ThreadPool.QueueUserWorkItem(static runner => runner.RunInOrder(), this, preferLocal: true);
        }

        return true;
    }

    /// <summary>Gives a request up and answers it so; false when none with this uuid waits or runs.</summary>
    public async ValueTask<bool> TryCancelAsync(RequestId id)
    {
        SocketRequest? request;
        lock (_lock)
        {
            request = _open.Find(id);
        }

        return request is not null && await TryGiveUpAsync(request, CallError.Cancelled);
    }

    /// <summary>The connection has ended: handlers are told to stop, and waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        List<SocketRequest> open;
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            _wakeAt = 0; // nothing wakes it any more
            open = _open.Where(static _ => true);
            if (open.Count > 0)
            {
                _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        foreach (var request in open)
        {
            request.TryAnswer(); // there is nobody to answer to, and what waits need not begin
            request.Cancel();
        }

        if (_idle is { } idle)
        {
            await idle.Task;
        }
    }

    private async void RunInOrder() // everything in it is caught where it belongs to a request
    {
        var inBurst = false;
        for (var handled = 1; TryTakeInOrder(out var request, out var moreWait); handled++)
        {
            var othersTurn = handled % FairShare == 0;
            if (moreWait && !inBurst)
            {
                inBurst = true;
                _peer.BeginBurst(); // what a single request publishes leaves at once, what several publish leaves together
            }

            var running = RunAsync(request);
            if (inBurst && (!moreWait || othersTurn || !running.IsCompleted))
            {
                inBurst = false;
                _peer.EndBurst(); // before this thread may be left
            }

            await running;
            if (othersTurn)
            {
                await Task.Yield();
            }
        }
    }

    private async void RunParallel(SocketRequest request)
    {
        for (var next = request; next is not null; next = TakeParallel())
        {
            await RunAsync(next);
        }
    }

    private bool TryTakeInOrder([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SocketRequest? request, out bool moreWait)
    {
        lock (_lock)
        {
            _pumping = _inOrder.TryDequeue(out request);
            moreWait = _inOrder.Count > 0;
            return _pumping;
        }
    }

    private SocketRequest? TakeParallel()
    {
        lock (_lock)
        {
            if (_parallel.TryDequeue(out var next))
            {
                return next;
            }

            _running--;
            return null;
        }
    }

    private async ValueTask RunAsync(SocketRequest request)
    {
        if (!request.IsAnswered)
        {
            var answer = request.Control.IdempotencyKey is null || request.Route is ['$', ..] ? await AnswerAsync(request) : await AnswerOnceAsync(request);
            if (answer is { } given && request.TryAnswer())
            {
                await ReplyAsync(request, given);
                await FollowAsync(request);
            }
        }

        await EndAsync(request);
        lock (_lock)
        {
            _open.Remove(request);
            _held.Set(_open.Length, _peer.Scope);
            if (_open.Count == 0)
            {
                _idle?.TrySetResult();
            }
        }
    }

    // Not for the protocol's own requests: what they do is done to this connection, and no other one's answer tells of it.
    private async ValueTask<SocketAnswer?> AnswerOnceAsync(SocketRequest request)
    {
        try
        {
            return await IdempotentRequests.RunAsync(_peer.History, _time, _peer.User, request, AnswerAsync);
        }
        catch (Exception error)
        {
            return Failed(request, error);
        }
    }

    private async ValueTask FollowAsync(SocketRequest request)
    {
        try
        {
            await (request.AfterReply?.Invoke() ?? ValueTask.CompletedTask);
        }
        catch (Exception error)
        {
            Note(request, error); // it is answered
        }
    }

    // Null when the handler has stopped as it was told to: it has not failed, and nobody waits for an answer.
    private async ValueTask<SocketAnswer?> AnswerAsync(SocketRequest request)
    {
        try
        {
            return await request.Declared.Handler!(_consumer, request); // the host has checked that it is there
        }
        catch (SocketRouteException refusal)
        {
            try
            {
                return SocketAnswer.Refuse(refusal);
            }
            catch (InvalidOperationException error)
            {
                return Failed(request, error);
            }
        }
        catch (OperationCanceledException) when (request.IsAnswered || _peer.Aborted.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception error)
        {
            return Failed(request, error);
        }
    }

    private SocketAnswer Failed(SocketRequest request, Exception error)
    {
        Note(request, error);
        return SocketAnswer.Refuse(error switch
        {
            ChannelLayerUnavailableException or ChannelFullException => CallError.ServiceUnavailable,
            NotImplementedException => CallError.MethodNotImplemented,
            _ => CallError.InternalServerError,
        });
    }

    // As the loop does for what leaves its handlers: an outage of the layer is one line and no mistake of a route.
    private void Note(SocketRequest request, Exception error)
    {
        if (!_peer.NoteLayerFailure(error))
        {
            _faults.HandlerFailed(_consumer.GetType(), request.Declared, error);
        }
    }

    private async ValueTask EndAsync(SocketRequest request)
    {
        try
        {
            await request.EndAsync();
        }
        catch (Exception error)
        {
            Note(request, error); // its services would not be disposed; it is answered
        }
    }

    private async ValueTask<bool> TryGiveUpAsync(SocketRequest request, CallError error)
    {
        if (!request.TryAnswer())
        {
            return false;
        }

        request.Cancel();
        await ReplyAsync(request, SocketAnswer.Refuse(error));
        return true;
    }

    private ValueTask ReplyAsync(SocketRequest request, SocketAnswer answer) => request.Control.NoReply
        ? ValueTask.CompletedTask
        : _peer.SendAsync(ReplyWriter.Reply(answer.Headers.Span, answer.Payload.Span, request.Id, answer.Status));

    // One timer for the connection: most deadlines pass unneeded, so it is set for the first one and looks again when it fires.
    private void WakeBy(long deadline)
    {
        if (deadline < _wakeAt)
        {
            _wakeAt = deadline;
            var wait = _time.GetElapsedTime(_time.GetTimestamp(), deadline);
            wait = wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
            if (_timer is null)
            {
                _timer = _time.CreateTimer(static runner => ((RequestRunner)runner!).EndOverdue(), this, wait, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async void EndOverdue()
    {
        List<SocketRequest> overdue;
        lock (_lock)
        {
            if (_timer is null)
            {
                return; // disposed
            }

            var now = _time.GetTimestamp();
            _wakeAt = long.MaxValue;
            var waiting = _open.Where(static request => !request.IsAnswered);
            overdue = waiting.FindAll(request => request.Deadline <= now);
            if (waiting.Except(overdue).MinBy(request => request.Deadline) is { } next)
            {
                WakeBy(next.Deadline);
            }
        }

        foreach (var request in overdue)
        {
            try
            {
                await TryGiveUpAsync(request, CallError.RequestTimeout);
            }
            catch (Exception error)
            {
                _faults.SendFailed(_consumer.GetType(), error); // nobody waits for a timer: what left it would end the process
            }
        }
    }
}
