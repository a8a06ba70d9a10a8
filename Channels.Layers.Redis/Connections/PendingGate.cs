namespace Channels.Layers.Redis;

/// <summary>
/// Bounds what waits for an answer on one connection, by count and bytes; the client's own queue has no bound.
/// A command that its sender has given up still counts until its answer comes or its connection ends. Thread-safe.
/// </summary>
internal sealed class PendingGate(int maxCommands, long maxBytes)
{
    private int _commands;
    private long _bytes;

    public int Commands => Volatile.Read(ref _commands);

    public bool TryEnter(int bytes)
    {
        if (Interlocked.Increment(ref _commands) > maxCommands)
        {
            Interlocked.Decrement(ref _commands);
            return false;
        }

        if (Interlocked.Add(ref _bytes, bytes) > maxBytes)
        {
            Exit(bytes);
            return false;
        }

        return true;
    }

    public void Exit(int bytes)
    {
        Interlocked.Decrement(ref _commands);
        Interlocked.Add(ref _bytes, -bytes);
    }
}
