namespace Channels.SocketIO;

/// <summary>What is sent to a client before it is let in, in its order. Guarded by the lock of its connection.</summary>
/// <param name="options">The limits.</param>
internal sealed class HeldPackets(SocketIOOptions options)
{
    private readonly List<EngineIOSend> _packets = [];
    private long _bytes;

    public IReadOnlyList<EngineIOSend> Packets => _packets;

    /// <summary>Holds what the application sends; what cannot leave at once is dropped where that is wanted.</summary>
    /// <exception cref="InvalidOperationException">Too much is held already.</exception>
    public void Add(EngineIOSend packet)
    {
        if (!packet.Volatile)
        {
            _packets.Add(_packets.Count < options.MaxWaitingEvents ? packet : throw new InvalidOperationException(
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

        if (_packets.Count >= options.Engine.MaxOutboundMessageCount || (_bytes += packet.Length) > options.Engine.MaxOutboundBytes)
        {
            return false;
        }

        _packets.Add(packet);
        return true;
    }
}
