namespace Channels.SocketIO;

/// <summary>What operators send with: a server's own, or a plain layer where no server is.</summary>
/// <param name="codec">Encodes arguments.</param>
/// <param name="layer">Finds the layer; throws when there is none.</param>
/// <param name="prefix">What the names of groups begin with.</param>
/// <param name="runtime">The server; null where there is none.</param>
/// <param name="publisher">How events are emitted where clients can come back; null where they cannot.</param>
internal sealed class RoomSender(PacketCodec codec, Func<IChannelLayer> layer, string prefix, SocketIORuntime? runtime, EventPublisher? publisher = null)
{
    /// <summary>The server among others; null where there is none, or it has not started.</summary>
    public ServerNode? Node => (ServerNode?)runtime?.Node; // there is one kind

    /// <summary>How events are emitted where clients can come back; null where they cannot.</summary>
    public EventPublisher? Publisher => publisher;

    public PacketCodec Codec => codec;

    public IChannelLayer Layer => layer();

    public string Prefix => prefix;

    /// <exception cref="InvalidOperationException">No server is in this process.</exception>
    public SocketIORuntime Server => runtime ?? throw new InvalidOperationException("There is no Socket.IO server in this process, so it has no clients of its own, and none can answer it; use the operators of a SocketIOServer.");
}
