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

    /// <summary>Whether a failure is one of the layer, which is then counted and logged as that.</summary>
    bool NoteLayerFailure(Exception error);

    /// <summary>Notes what reading a payload threw, beside errors of JSON.</summary>
    void NoteRefusal(string route, Exception error);

    /// <summary>What this thread sends to groups until <see cref="EndBurst"/> wakes its receivers together. No wait may stand between the two.</summary>
    void BeginBurst();

    /// <summary>On the thread of <see cref="BeginBurst"/>.</summary>
    void EndBurst();

    /// <summary>Sends a frame; one that has nobody to go to any more is dropped.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> frame);
}
