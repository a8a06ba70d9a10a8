using System.Diagnostics.CodeAnalysis;

namespace Channels.SocketIO;

/// <summary>What is sent to a client before it is let in, in its order, until all of it has left. Guarded by the lock of its connection.</summary>
/// <param name="options">The limits.</param>
internal sealed class HeldPackets(SocketIOOptions options)
{
    private readonly Queue<EngineIOSend> _packets = [];
    private long _bytes;

    /// <summary>The sending of all of it; null while the client is not let in.</summary>
    public Task? Sending { get; set; }

    /// <summary>Holds what the application sends; what cannot leave at once is dropped where that is wanted.</summary>
    /// <exception cref="InvalidOperationException">Too much is held already.</exception>
    public void Add(EngineIOSend packet)
    {
        if (!packet.Volatile)
        {
            Keep(_packets.Count < options.MaxWaitingEvents ? packet : throw new InvalidOperationException(
                $"More than {options.MaxWaitingEvents} events were emitted to a client that is not let in yet ({nameof(options.MaxWaitingEvents)}); let it in first."));
        }
    }

    /// <summary>Holds what comes from elsewhere, as much as may wait for a client that is there.</summary>
    /// <returns>False when that is too much.</returns>
    public bool TryAdd(EngineIOSend packet)
    {
        if (packet.Volatile)
        {
            return true;
        }

        if (_packets.Count >= options.Engine.MaxOutboundMessageCount || _bytes + packet.Length > options.Engine.MaxOutboundBytes)
        {
            return false;
        }

        Keep(packet);
        return true;
    }

    /// <summary>The next one to leave.</summary>
    public bool TryTake([NotNullWhen(true)] out EngineIOSend? packet)
    {
        var found = _packets.TryDequeue(out packet);
        _bytes -= packet?.Length ?? 0;
        return found;
    }

    private void Keep(EngineIOSend packet)
    {
        _packets.Enqueue(packet);
        _bytes += packet.Length;
    }
}
