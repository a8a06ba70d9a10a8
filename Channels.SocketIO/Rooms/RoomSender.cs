namespace Channels.SocketIO;

/// <summary>What operators send with that stand for no client: a server's own, or a plain layer where no server is.</summary>
/// <param name="codec">Encodes arguments.</param>
/// <param name="layer">Finds the layer; throws when there is none.</param>
/// <param name="prefix">What the names of groups begin with.</param>
/// <param name="runtime">The server; null where there is none.</param>
/// <param name="publisher">How events are emitted where clients can come back; null where they cannot.</param>
internal sealed class RoomSender(PacketCodec codec, Func<IChannelLayer> layer, string prefix, SocketIORuntime? runtime, EventPublisher? publisher = null) : IRoomSender
{
    /// <inheritdoc/>
    public PacketCodec Codec => codec;

    /// <inheritdoc/>
    public IChannelLayer Layer => layer();

    /// <inheritdoc/>
    public string Prefix => prefix;

    /// <inheritdoc/>
    public SocketIORuntime Server => runtime ?? throw new InvalidOperationException("There is no Socket.IO server in this process, so it has no clients of its own, and none can answer it; use the operators of a SocketIOServer.");

    /// <inheritdoc/>
    public ServerNode? Node => (ServerNode?)runtime?.Node; // there is one kind

    /// <inheritdoc/>
    public EventPublisher? Publisher => publisher;
}
