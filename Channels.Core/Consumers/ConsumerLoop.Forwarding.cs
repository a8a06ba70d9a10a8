using System.Runtime.CompilerServices;

namespace Channels;

// How broadcasts that every member passes on unchanged get to the socket while the loop sleeps: on the thread of the
// wave that would have woken it, without running it. Everything else wakes it.
internal sealed partial class ConsumerLoop : IInboxReader
{
    private readonly IForwardOutput? _forwards; // null when somebody wants to see what is sent
    private bool _mayForward;

    void IInboxReader.Wake() => _signal.Wake();

    void IInboxReader.Approach(bool isNear)
    {
        if (isNear)
        {
            CacheHint.Soon(_forwards?.NeededNext);
            return;
        }

        CacheHint.Soon(_signal);
        CacheHint.Soon(_inbox);
        CacheHint.Soon(_forwards);
        CacheHint.Soon(_consumer);
        CacheHint.Soon(_context);
    }

    // A loop that does not sleep has been told and looks again.
    bool IInboxReader.TryPassOn() => !_signal.TryBorrow() || (_mayForward && ForwardAll() && _signal.TryGiveBack());

    void IInboxReader.Run() => _signal.RunBorrowed();

    // Before the loop sleeps: whoever borrows it should touch as little of the connection as can be.
    private void NoteWhetherToForward() => _mayForward = _forwards is not null && _begun && !_consumer.IsStopped && !_consumer.IsLeaving;

    // True when nothing is left in the inbox.
    private bool ForwardAll()
    {
        var inbox = _inbox!; // it has woken us
        var now = inbox.Now;
        var entries = default(ForwardEntries);
        var sends = default(ForwardSends);
        for (var taken = 0; taken < FairShare;)
        {
            var count = inbox.TakeForwards(now, entries, out var isEmpty);
            taken += count;
            for (var i = 0; i < count; i++)
            {
                sends[i] = entries[i].Message.Forwarded!; // that is what was taken
            }

            var sent = Forward(((ReadOnlySpan<WebSocketSend>)sends)[..count]);
            if (sent < count)
            {
                // The loop waits for room, or learns that the connection has ended.
                inbox.PutBack(((ReadOnlySpan<InboxBacklog.Entry>)entries)[sent..count]);
                return false;
            }

            if (isEmpty || count == 0)
            {
                return isEmpty;
            }
        }

        return false;
    }

    private int Forward(ReadOnlySpan<WebSocketSend> messages)
    {
        try
        {
            return messages.IsEmpty ? 0 : _forwards!.Forward(messages); // checked before
        }
#pragma warning disable CA1031 // the loop sends it again and fails as for any other send; here is nobody to tell
        catch
#pragma warning restore CA1031
        {
            return 0;
        }
    }

    [InlineArray(16)]
    private struct ForwardEntries
    {
        private InboxBacklog.Entry _first;
    }

    [InlineArray(16)]
    private struct ForwardSends
    {
        private WebSocketSend _first;
    }
}
