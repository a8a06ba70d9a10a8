using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Channels;

/// <summary>
/// Runs one consumer, from the opening of its channel to its clean-up: takes events from the connection and messages from
/// the layer, alternately so that neither starves the other, and hands them over one at a time until the consumer stops or
/// the connection ends.
/// </summary>
internal sealed partial class ConsumerLoop
{
    // After so many turns without a wait the loop goes to the end of the thread pool's queue and lets its output go.
    private const int FairShare = 64;

    private readonly Consumer _consumer;
    private readonly ConsumerContext _context;
    private readonly IOutputCork? _cork;
    private readonly LoopSignal _signal;
    private ChannelInbox? _inbox; // the context's, kept here for one step less to it
    private ConfiguredValueTaskAwaitable<Event>.ConfiguredValueTaskAwaiter _next;
    private bool _asked;      // _next is a receive that has not been taken yet
    private bool _armed;      // the signal is hooked to it
    private bool _layerTurn;
    private bool _begun;      // the first event has come; layer messages wait for it
    private bool _peerGone;
    private bool _corked;
    private long _now;        // by the inbox's clock, read once per burst; 0 for not yet

    public ConsumerLoop(Consumer consumer, ConsumerContext context)
    {
        (_consumer, _context, _cork, _signal) = (consumer, context, context.Scope.OutputCork, context.Signal);
        _forwards = consumer.PassesForwards ? (context.Send.Target as IForwardOutput)?.Direct : null;
        _begun = !consumer.IsRequest;
    }

    /// <summary>Serves the connection. Fails with the consumer's first failure, after the clean-up.</summary>
    public async Task RunAsync()
    {
        Exception? failure = null;
        try
        {
            await _context.OpenAsync();
            await _consumer.AttachAsync(_context);
            _inbox = _context.Inbox;
            _inbox?.SetReader(this);
            var turns = 0;
            while (!_consumer.IsStopped)
            {
                ThrowIfDetachedWorkFailed();
                if (TryTake(out var message))
                {
                    if (message is ChannelStop)
                    {
                        break; // a worker takes no more from the channel
                    }

                    if (turns > 0 || _cork is { IsMoreComing: true })
                    {
                        _context.Groups.Hold(); // what a single event sends leaves at once, what several send leaves together
                    }

                    await HandleAsync(message);
                    if (++turns == FairShare)
                    {
                        turns = 0;
                        Uncork();
                        await Task.Yield();
                        _now = 0;
                    }
                }
                else if (_peerGone && !_context.Scope.Aborted.IsCancellationRequested)
                {
                    break; // nothing tells that a disconnect event will come
                }
                else
                {
                    turns = 0;
                    Uncork();
                    Arm();
                    NoteWhetherToForward();
                    await _signal.WaitAsync();
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
            Uncork();
        }
        catch (Exception error)
        {
            failure ??= error; // a server's fault that must not cost the clean-up
        }

        _signal.Release();
        await ConsumerEnd.RunAsync(_consumer.GetType(), _consumer, _context, failure);
    }

    // Most handlers complete at once; no state machine is made for them.
    private ValueTask HandleAsync(Event message)
    {
        Cork();
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
            return WaitAsync(handling);
        }

        handling.GetAwaiter().GetResult(); // its source may be waiting to be used again
        _consumer.Delivered();
        return ValueTask.CompletedTask;
    }

    // Pooled, because a handler that waits would otherwise cost one more object for each event.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask handling)
    {
        Uncork(); // a handler that waits must not hold back what it has sent
        _now = 0;
        try
        {
            await handling;
        }
        catch (Exception error) when (IsPeerGone(error))
        {
            _peerGone = true;
            _consumer.Leave(); // the disconnect event is on its way, and it knows the close code
        }
        catch
        {
            _context.HandlerFailed = true;
            throw;
        }

        _consumer.Delivered();
    }

    private void ThrowIfDetachedWorkFailed()
    {
        if (_context.Detached is { HasFailed: true } detached)
        {
            _context.HandlerFailed = true;
            detached.ThrowFailure();
        }
    }

    // Nobody is left to send to, or the handler heard of it through Aborted: no failure of the consumer. A worker's job
    // that was cancelled, though, is not done, and must be told.
    private bool IsPeerGone(Exception error) => _consumer.IsRequest && (error is ConnectionClosedException
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
        if (_begun && _inbox is { } inbox && inbox.TryTake(_now = _now == 0 ? inbox.Now : _now, out var layerMessage))
        {
            message = layerMessage;
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

    private bool TryTakeEvent([NotNullWhen(true)] out Event? message)
    {
        if (!_asked)
        {
            // No token: the server ends the wait with a disconnect event, and what came before it is delivered first.
            _next = _context.Receive(CancellationToken.None).ConfigureAwait(false).GetAwaiter();
            (_asked, _armed) = (true, false);
        }

        // Once hooked, a receive is complete when it has called back and no sooner: its source may be between setting
        // the result and calling, and must not be reused there.
        if (_armed ? !_signal.EventArrived : !_next.IsCompleted)
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
        if (_armed || !_asked)
        {
            return;
        }

        _armed = true;
        _next.UnsafeOnCompleted(_signal.Arm());
    }

    private void Cork()
    {
        if (!_corked && _cork is not null)
        {
            _corked = true;
            _cork.Cork();
        }
    }

    private void Uncork()
    {
        _context.Groups.Release();
        if (_corked)
        {
            _corked = false;
            _cork!.Uncork(); // corked only with a cork
        }
    }
}
