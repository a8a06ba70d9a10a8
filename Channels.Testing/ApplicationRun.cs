using System.Runtime.ExceptionServices;

namespace Channels.Testing;

/// <summary>
/// One call of an application as a task of its own, between a queue of input and a queue of output. The task starts in
/// an empty context: nothing ambient of the test leaks in.
/// </summary>
internal sealed class ApplicationRun : IAsyncDisposable
{
    private readonly Lock _sending = new();
    private readonly CancellationTokenSource _aborted;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly SendRules _rules;
    private Task _aborting = Task.CompletedTask;
    private bool _ended;
    private bool _peerLeft;
    private bool _errorSeen;
    private volatile Event? _last; // the disconnect, once it was received
    private int _receiving;

    public ApplicationRun(Application application, Scope scope, SendRules rules)
    {
        _rules = rules;
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(scope.Aborted);
        var served = scope with { Aborted = _aborted.Token };
        using (ExecutionContext.SuppressFlow())
        {
            Task = System.Threading.Tasks.Task.Run(() => application(served, ReceiveAsync, SendAsync), CancellationToken.None);
        }
    }

    public Task Task { get; }

    public ApplicationInput Input { get; } = new();

    public EventQueue Output { get; } = new();

    /// <summary>The peer goes away: its last event, the scope's token, and errors for what is still sent. Nothing happens when the connection has ended already.</summary>
    /// <param name="last">The last event.</param>
    public void PeerLeaves(Event last)
    {
        lock (_sending)
        {
            if (_ended)
            {
                return;
            }

            _ended = _peerLeft = true;
            End(last, discard: false);
            Abort();
        }
    }

    /// <summary>Nobody will feed the application any more: waiting for input ends with a cancellation.</summary>
    public Task AbandonAsync()
    {
        lock (_sending)
        {
            _ended = _peerLeft = true;
            Abort();
        }

        return _abandoned.CancelAsync();
    }

    /// <summary>Throws the application's error if it has ended with one that a server would not tolerate.</summary>
    public void ThrowIfFailed()
    {
        if (FindError() is { } error)
        {
            _errorSeen = true;
            ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>As <see cref="ThrowIfFailed"/>, unless the test has seen the error already.</summary>
    public void ThrowIfFailedUnseen()
    {
        if (!_errorSeen)
        {
            ThrowIfFailed();
        }
    }

    /// <summary>Frees the token sources; only for an application that has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _aborting;
        _aborted.Dispose();
        _abandoned.Dispose();
    }

    private ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_last is { } last)
        {
            return _rules.DisconnectRepeats ? new(last) : throw new IllegalEventException($"Nothing can be received after {last.Type}; end the application instead.");
        }

        return Interlocked.Exchange(ref _receiving, 1) == 0
            ? ReceiveNextAsync(cancellationToken)
            : throw new InvalidOperationException("A receive is outstanding already; one call at a time.");
    }

    private async ValueTask<Event> ReceiveNextAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _abandoned.Token);
            var message = await Input.TakeAsync(either.Token);
            if (message is HttpDisconnect or WebSocketDisconnect)
            {
                _last = message;
            }

            return message;
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    private ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_sending)
        {
            if (_peerLeft)
            {
                throw new ConnectionClosedException();
            }

            if (_rules.PassesOver(message))
            {
                return ValueTask.CompletedTask;
            }

            var last = _rules.Check(message);
            Output.Add(message);
            if (last is not null)
            {
                _ended = true;
                End(last, discard: true);
                if (_rules.EndIsFinal)
                {
                    Abort();
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    private void End(Event last, bool discard)
    {
        if (_rules.EndIsFinal)
        {
            Input.Finish(last, discard);
        }
        else
        {
            Input.Add(last);
        }
    }

    private void Abort()
    {
        if (!_aborted.IsCancellationRequested)
        {
            _aborting = _aborted.CancelAsync(); // callbacks run elsewhere, never under the lock
        }
    }

    private Exception? FindError() => Task switch
    {
        { IsFaulted: true, Exception.InnerException: ConnectionClosedException } => null,
        { IsFaulted: true } => Task.Exception.InnerException,
        { IsCanceled: true } when !_aborted.IsCancellationRequested => new TaskCanceledException(Task),
        _ => null,
    };
}
