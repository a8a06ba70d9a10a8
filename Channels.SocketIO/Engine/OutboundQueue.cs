using System.Diagnostics.CodeAnalysis;

namespace Channels.SocketIO;

/// <summary>
/// What waits to leave one session, within limits, and who waits for room: messages while a poll is to fetch them, frames
/// where a WebSocket takes no more. Guarded by its owner's lock.
/// </summary>
/// <param name="options">The limits.</param>
/// <param name="memory">By whom it is counted; null when nobody counts.</param>
internal sealed class OutboundQueue(EngineIOOptions options, MemoryHolder? memory)
{
    private readonly Queue<Event> _waiting = new();
    private TaskCompletionSource? _room; // there while a sender waits
    private MemoryShare _counted;
    private long _bytes;

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Whether so many bytes more are too many. A single message never is.</summary>
    public bool IsFull(int bytes) =>
        _waiting.Count > 0 && (_waiting.Count >= options.MaxOutboundMessageCount || _bytes + bytes > options.MaxOutboundBytes);

    public void Add(Event message)
    {
        _waiting.Enqueue(message);
        Count(LengthOf(message));
    }

    public bool TryTake([NotNullWhen(true)] out Event? message)
    {
        if (!_waiting.TryDequeue(out message))
        {
            return false;
        }

        Count(-LengthOf(message));
        if (_waiting.Count <= options.MaxOutboundMessageCount / 2 && _bytes <= options.MaxOutboundBytes / 2)
        {
            LetIn();
        }

        return true;
    }

    /// <summary>Takes all messages that wait for a poll.</summary>
    public EngineIOSend[] TakeAll()
    {
        var all = _waiting.Cast<EngineIOSend>().ToArray(); // frames wait for WebSockets only
        Clear();
        return all;
    }

    public void Clear()
    {
        _waiting.Clear();
        Count(-_bytes);
        LetIn();
    }

    /// <summary>Completes when it is worth asking again.</summary>
    public Task WaitForRoomAsync() => (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Lets those go on who wait for room.</summary>
    public void LetIn()
    {
        _room?.TrySetResult();
        _room = null;
    }

    private void Count(long bytes)
    {
        _bytes += bytes;
        _counted.Set(_bytes, memory);
    }

    private static int LengthOf(Event message) => message switch
    {
        EngineIOSend send => send.Length,
        WebSocketSend frame => frame.Payload.Length,
        _ => 0,
    };
}
