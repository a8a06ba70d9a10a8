using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Channels;

/// <summary>
/// Runs one consumer, from the opening of its channel to its clean-up: takes events from the connection and messages from
/// the layer, alternately so that neither starves the other, and hands them over one at a time until the consumer stops or
/// the connection ends.
/// </summary>
internal sealed class ConsumerLoop : IMailboxReader
{
    // After so many turns without a wait the loop goes to the end of the thread pool's queue and lets its output go.
    private const int FairShare = 64;

    private readonly Consumer _consumer;
    private readonly ConsumerContext _context;
    private readonly IOutbox? _outbox;
    private readonly RunningHandlers? _running; // the server's, told whose handler occupies a thread
    private readonly string _path;              // kept here: asking the scope would cost a wait for memory per message
    private readonly bool _mayPassOn; // nobody wants to see what is sent
    private Mailbox? _mailbox;        // the context's, kept here for one step less to it
    private ConfiguredValueTaskAwaitable<Event>.ConfiguredValueTaskAwaiter _next;
    private bool _asked;      // _next is a receive that has not been taken yet
    private bool _armed;      // the mailbox' sleep is hooked to it
    private bool _layerTurn;
    private bool _missedTurn;
    private bool _begun;      // the first event has come; layer messages wait for it
    private bool _peerGone;
    private bool _holding;    // the outbox holds output back
    private bool _inBurst;
    private bool _noted;      // the server has been told that a handler occupies this thread
    private string? _outer;   // what ran there before
    private bool _passesOn;
    private long _now;        // by the mailbox' clock, read once per burst; 0 for not yet

    public ConsumerLoop(Consumer consumer, ConsumerContext context)
    {
        (_consumer, _context, _outbox) = (consumer, context, context.Scope.Outbox);
        _running = context.Scope.Exchange?.Running;
        _path = context.Scope is RequestScope request ? request.Path : "";

        _mayPassOn = _outbox is not null && ReferenceEquals(context.Send, _outbox.Send);
        _begun = !consumer.IsRequest;
    }

    Type IPassOnRule.Kind => _consumer.GetType();

    Event? IPassOnRule.PassOn(ChannelMessage message) => ((IPassOnRule)_consumer).PassOn(message);

    void IMailboxReader.Prefetch()
    {
        CacheHint.Fetch(_consumer);
        CacheHint.Fetch(_context);
    }

    /// <summary>Serves the connection. Fails with the consumer's first failure, after the clean-up.</summary>
    public async Task RunAsync()
    {
        Exception? failure = null;
        try
        {
            await BeginAsync();
            _mailbox!.SetReader(this); // BeginAsync has set it
            var turns = 0;
            while (!_consumer.IsStopped)
            {
                if (_context.Detached is { HasFailed: true } detached)
                {
                    Flush(); // a burst ends on the thread that began it
                    await RecoverAsync(null, detached.TakeFailure());
                    continue;
                }

                if (TryTake(out var message))
                {
                    if (message is ChannelStop)
                    {
                        break; // a worker takes no more from the channel
                    }

                    if (turns > 0 || _outbox is { HasMoreInput: true })
                    {
                        BeginBurst(); // what a single event sends leaves at once, what several send leaves together
                    }

                    await HandleAsync(message);
                    if (++turns == FairShare)
                    {
                        turns = 0;
                        Flush();
                        await Task.Yield();
                        _now = 0;
                    }
                }
                else if (_peerGone && !_context.Scope.Aborted.IsCancellationRequested)
                {
                    break; // nothing tells that a last event will come
                }
                else
                {
                    turns = 0;
                    Flush();
                    Arm();
                    SetPassingOn();
                    await _mailbox.SleepAsync();
                    _now = 0;
                }
            }
        }
        catch (OperationCanceledException) when (!_context.HandlerFailed && _context.Scope.Aborted.IsCancellationRequested)
        {
            // The server gave the connection up while the loop waited for an event: an ordinary end, clean-up follows.
        }
        catch (Exception error)
        {
            failure = error; // leaves this method after the clean-up
        }

        try
        {
            Flush();
        }
        catch (Exception error)
        {
            failure ??= error; // a server's fault that must not cost the clean-up
        }

        _mailbox?.ForgetReader();
        await ConsumerEnd.RunAsync(_consumer.GetType(), _consumer, _context, failure);
    }

    private async ValueTask BeginAsync()
    {
        try
        {
            try
            {
                await _context.OpenAsync();
            }
            finally
            {
                _mailbox = _context.Mailbox;
            }

            await _consumer.AttachAsync(_context);
        }
        catch (ChannelLayerUnavailableException error) when (_consumer.IsRequest)
        {
            _consumer.Attach(_context);
            await RecoverAsync(null, error);
            _consumer.IgnoreUntilEnd(); // it was refused; its last event is still to come
        }
    }

    // Most handlers complete at once; no state machine is made for them.
    private ValueTask HandleAsync(Event message)
    {
        if (!_holding && _outbox is not null)
        {
            _holding = true;
            _outbox.Hold();
        }

        if (!_noted && _running is not null)
        {
            _noted = true;
            _outer = _running.Replace(_path);
        }

        ValueTask handling;
        try
        {
            handling = _consumer.DeliverAsync(message);
        }
        catch (Exception error)
        {
            handling = ValueTask.FromException(error); // one place judges errors, thrown early or late
        }

        if (!handling.IsCompletedSuccessfully)
        {
            return WaitAsync(handling, message);
        }

        handling.GetAwaiter().GetResult(); // its source may be waiting to be used again
        _consumer.Delivered();
        return ValueTask.CompletedTask;
    }

    // Pooled, because a handler that waits would otherwise cost one more object for each event.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask handling, Event message)
    {
        Flush(); // a handler that waits must not hold back what it has sent
        _now = 0;
        try
        {
            await handling;
        }
        catch (Exception error)
        {
            await RecoverAsync(message, error);
        }

        _consumer.Delivered();
    }

    // Goes on after a failure, or throws what is to end the consumer.
    private async ValueTask RecoverAsync(Event? message, Exception error)
    {
        try
        {
            if (!IsPeerGone(error))
            {
                if (await _consumer.SurvivesAsync(message, error))
                {
                    return;
                }

                _context.HandlerFailed = true;
                ExceptionDispatchInfo.Throw(error);
            }
        }
        catch (Exception gone) when (!_context.HandlerFailed && IsPeerGone(gone))
        {
            // Telling the peer what had happened found that it had gone.
        }
        catch
        {
            _context.HandlerFailed = true;
            throw;
        }

        _peerGone = true;
        _consumer.IgnoreUntilEnd(); // the last event is on its way, and it knows the close code
    }

    // Nobody is left to send to, or the handler heard of it through Aborted: no failure of the consumer. A worker's job
    // that was cancelled, though, is not done, and must be told.
    private bool IsPeerGone(Exception error) => _consumer.IsRequest && (EndedConnection.IsToldBy(error)
        || (error is OperationCanceledException && _context.Scope.Aborted.IsCancellationRequested));

    private bool TryTake([NotNullWhen(true)] out Event? message)
    {
        if (!_layerTurn && TryTakeEvent(out message))
        {
            _begun = true;
            _layerTurn = true;
            return true;
        }

        var layerTurn = _layerTurn;
        _layerTurn = false;
        if (_begun && TryTakeMessage(out message))
        {
            return true;
        }

        if (layerTurn && TryTakeEvent(out message))
        {
            _layerTurn = true;
            return true;
        }

        message = null;
        return false;
    }

    // What the consumer missed and what others send to it take turns, too.
    private bool TryTakeMessage([NotNullWhen(true)] out Event? message)
    {
        var missed = _mailbox!.Followed is null ? null : _context.Missed;
        if (missed is not null && (_missedTurn = !_missedTurn) && missed.TryTake(out message))
        {
            return true;
        }

        if (_mailbox.TryTake(_now = _now == 0 ? _mailbox.Now : _now, out var layerMessage))
        {
            message = layerMessage;
            return true;
        }

        message = null;
        return missed?.TryTake(out message) == true; // also because what the mailbox refused may have shown a gap
    }

    private bool TryTakeEvent([NotNullWhen(true)] out Event? message)
    {
        if (!_begun && _consumer.Opening is { } opening)
        {
            message = opening;
            return true;
        }

        if (!_asked)
        {
            // No token: the server ends the wait with a disconnect event, and what came before it is delivered first.
            _next = _context.Receive(CancellationToken.None).ConfigureAwait(false).GetAwaiter();
            (_asked, _armed) = (true, false);
        }

        // Once hooked, a receive is complete when it has called back and no sooner: its source may be between setting
        // the result and calling, and must not be reused there.
        if (_armed ? !_mailbox!.EventArrived : !_next.IsCompleted)
        {
            message = null;
            return false;
        }

        _asked = false;
        message = _next.GetResult();
        return true;
    }

    private void Arm()
    {
        if (!_armed && _asked)
        {
            _armed = true;
            _next.UnsafeOnCompleted(_mailbox!.WakeUpForEvent());
        }
    }

    // Before the loop sleeps: whoever serves the mailbox in its place should touch as little of the connection as can be.
    private void SetPassingOn()
    {
        var passesOn = _mayPassOn && _begun && !_consumer.IsStopped && !_consumer.IsIgnoring;
        if (passesOn == _passesOn)
        {
            return;
        }

        _passesOn = passesOn;
        if (passesOn)
        {
            _mailbox!.PassOnTo(_outbox!); // _mayPassOn
        }
        else
        {
            _mailbox!.PassNothingOn();
        }
    }

    private void BeginBurst()
    {
        if (!_inBurst && _mailbox!.Settings.Bursts is { } bursts)
        {
            _inBurst = true;
            bursts.Begin();
        }
    }

    // On the thread that began the burst: nothing between the two waits.
    private void Flush()
    {
        if (_noted)
        {
            _noted = false;
            _running!.Replace(_outer); // noted by it
        }

        if (_inBurst)
        {
            _inBurst = false;
            _mailbox!.Settings.Bursts!.End();
        }

        if (_holding)
        {
            _holding = false;
            _outbox!.Flush(); // held only with an outbox
        }
    }
}
