namespace Channels.SocketIO;

/// <summary>What goes to one client through middleware that wants to see it: one event after the other, within a limit. Thread-safe.</summary>
/// <param name="send">Leads through the middleware.</param>
/// <param name="most">How many may wait.</param>
internal sealed class OrderedSends(Func<Event, ValueTask> send, int most)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _last;
    private int _waiting;

    /// <summary>The first may be sent now.</summary>
    public void Begin() => _begun.TrySetResult();

    /// <summary>Sends an event behind those before.</summary>
    /// <returns>False when too many wait.</returns>
    public bool TryAdd(Event message)
    {
        lock (_gate)
        {
            if (_waiting >= most)
            {
                return false;
            }

            Interlocked.Increment(ref _waiting);
            _last = SendAsync(_last ?? _begun.Task, message);
            return true;
        }
    }

    private async Task SendAsync(Task before, Event message)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the caller holds the lock
        try
        {
            await send(message);
        }
#pragma warning disable CA1031 // middleware's, or a connection's that has ended: those behind are sent all the same
        catch
#pragma warning restore CA1031
        {
            // What fails for one event is told by the sends of the client's own handlers.
        }

        Interlocked.Decrement(ref _waiting);
    }
}
