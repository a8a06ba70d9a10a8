using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>Reads one inbox as a consumer's loop does, woken by each first message after a pause, and checks what comes.</summary>
internal sealed class LaneReceiver
{
    private readonly ChannelInbox _inbox;
    private readonly uint _source;
    private readonly Action<long> _onArrival;

    /// <param name="inbox">What to read.</param>
    /// <param name="source">Whose messages are expected.</param>
    /// <param name="onArrival">Called with the age of each message, in stopwatch ticks.</param>
    internal LaneReceiver(ChannelInbox inbox, uint source, Action<long> onArrival)
    {
        (_inbox, _source, _onArrival) = (inbox, source, onArrival);
        _ = RunAsync(); // ends with the program
    }

    /// <summary>Order, loss and duplication here.</summary>
    internal SequenceCheck Check { get; } = new();

    internal string Channel => _inbox.Name;

    private async Task RunAsync()
    {
        while (!_inbox.Mailbox.IsClosed)
        {
            TakeAll(); // the take that finds nothing asks to be woken
            await _inbox.Mailbox.SleepAsync();
        }
    }

    private void TakeAll()
    {
        while (_inbox.Mailbox.TryTake(_inbox.Mailbox.Now, out var message))
        {
            if (!Stamp.TryRead(message.Fields["bytes"].GetBytes().Span, out var stamp)) continue;
            Check.See(stamp.Source, _source, stamp.Sequence);
            _onArrival(Stopwatch.GetTimestamp() - stamp.Ticks);
        }
    }

    internal ValueTask CloseAsync() => _inbox.DisposeAsync();
}
