using System.Runtime.CompilerServices;

namespace Channels;

/// <summary>
/// Runs one consumer: takes events from the connection and messages from the layer, alternately so that neither
/// starves the other, and hands them over one at a time until the consumer stops or the connection ends.
/// </summary>
internal sealed class ConsumerLoop
{
    private readonly Consumer _consumer;
    private readonly Receive _receive;
    private readonly ChannelInbox? _inbox;
    private readonly IOutputCork? _cork;
    private readonly LoopSignal _signal = new();
    private readonly Action _eventArrived;

    public ConsumerLoop(Consumer consumer, Receive receive, ChannelInbox? inbox, IOutputCork? cork)
    {
        (_consumer, _receive, _inbox, _cork) = (consumer, receive, inbox, cork);

        // A receive completes as the last thing its thread does, so the loop may continue there; a post to the inbox
        // comes from a sender with more members to serve, so the loop goes to the thread pool.
        _eventArrived = _signal.WakeInline;
        inbox?.SetWakeUp(_signal.Wake);
    }

    public async Task RunAsync()
    {
        _cork?.Cork();
        try
        {
            await HandleEventsAsync();
        }
        finally
        {
            _cork?.Uncork();
        }
    }

    private async Task HandleEventsAsync()
    {
        // No token: the server ends the wait with a disconnect event, and what came before it is delivered first.
        var next = _receive(CancellationToken.None).GetAwaiter();
        var armed = false;
        while (!_consumer.IsStopped)
        {
            var handled = false;
            if (next.IsCompleted)
            {
                if (TakeEvent(next) is not { } message || message is ChannelStop)
                {
                    return;
                }

                handled = true;
                await HandleAsync(message);
                if (_consumer.IsStopped)
                {
                    return;
                }

                next = _receive(CancellationToken.None).GetAwaiter();
                armed = false;
            }

            if (_inbox is not null && _inbox.TryTake(out var layerMessage))
            {
                handled = true;
                await HandleAsync(layerMessage);
            }

            if (!handled)
            {
                _cork?.Uncork();
                if (!armed)
                {
                    armed = true;
                    next.UnsafeOnCompleted(_eventArrived);
                }

                await _signal.WaitAsync();
                _cork?.Cork();
            }
        }
    }

    private Event? TakeEvent(ValueTaskAwaiter<Event> next)
    {
        try
        {
            return next.GetResult();
        }
        catch (OperationCanceledException) when (_consumer.Scope.Aborted.IsCancellationRequested)
        {
            return null; // the server gave the connection up: an ordinary end, clean-up follows
        }
    }

    // Output is corked while handlers complete synchronously; a handler that waits must not hold back what it sent.
    private ValueTask HandleAsync(Event message)
    {
        var handling = _consumer.HandleAsync(message);
        return handling.IsCompletedSuccessfully || _cork is null ? handling : HandleUncorkedAsync(handling);
    }

    private async ValueTask HandleUncorkedAsync(ValueTask handling)
    {
        _cork!.Uncork(); // only called with a cork
        try
        {
            await handling;
        }
        finally
        {
            _cork.Cork();
        }
    }
}
