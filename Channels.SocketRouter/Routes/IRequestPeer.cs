namespace Channels.SocketRouter;

/// <summary>The connection that a request came by, as far as a request needs it.</summary>
internal interface IRequestPeer
{
    SocketRouterOptions Options { get; }

    /// <summary>Of the connection.</summary>
    IServiceProvider Services { get; }

    /// <summary>Fires when the peer has gone.</summary>
    CancellationToken Aborted { get; }

    /// <summary>Sends a frame; one that has nobody to go to any more is dropped.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> frame);
}
