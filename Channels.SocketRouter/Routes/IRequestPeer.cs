namespace Channels.SocketRouter;

/// <summary>The connection that a request came by, as far as a request needs it.</summary>
internal interface IRequestPeer
{
    SocketRouterOptions Options { get; }

    /// <summary>Of the connection.</summary>
    IServiceProvider Services { get; }

    /// <summary>Fires when the peer has gone.</summary>
    CancellationToken Aborted { get; }

    /// <summary>The history of the layer's groups.</summary>
    /// <exception cref="NotImplementedException">There is none.</exception>
    IGroupHistory History { get; }

    /// <summary>Who is at the other end; empty for nobody in particular.</summary>
    string User { get; }

    /// <summary>Sends a frame; one that has nobody to go to any more is dropped.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> frame);
}
