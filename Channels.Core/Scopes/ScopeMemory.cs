namespace Channels.Extending;

/// <summary>Memory that an application holds because of the peer of its scope.</summary>
public static class ScopeMemory
{
    /// <summary>Who holds what is held for the request or the WebSocket; null where nobody counts, or when it is over.</summary>
    /// <param name="scope">The request, or the WebSocket.</param>
    public static MemoryHolder? GetMemory(this Scope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.Exchange?.Memory;
    }

    /// <summary>
    /// So many bytes are held now, as long as the request or the WebSocket lasts at most. False when that is ended because memory is
    /// short: a WebSocket closes with 1013; of a request nothing more is received, and the server answers 503, or cuts it if its
    /// body has come already or its answer has begun.
    /// </summary>
    /// <param name="share">Counts bytes of this kind.</param>
    /// <param name="bytes">All of them.</param>
    /// <param name="scope">The request, or the WebSocket.</param>
    public static bool Set(this ref MemoryShare share, long bytes, Scope scope) => share.Fits(bytes) || share.Set(bytes, scope.GetMemory());
}
