namespace Channels.SocketIO;

/// <summary>What operators send with: a client's, a server's own, or a plain layer where no server is.</summary>
internal interface IRoomSender
{
    /// <summary>Encodes arguments.</summary>
    PacketCodec Codec { get; }

    /// <exception cref="InvalidOperationException">There is none.</exception>
    IChannelLayer Layer { get; }

    /// <summary>What the names of groups begin with.</summary>
    string Prefix { get; }

    /// <exception cref="InvalidOperationException">No server is in this process.</exception>
    SocketIORuntime Server { get; }

    /// <summary>The server among others; null where there is none, or it has not started.</summary>
    ServerNode? Node { get; }

    /// <summary>How events are emitted where clients can come back; null where they cannot.</summary>
    EventPublisher? Publisher { get; }
}
