namespace Channels.Kestrel;

/// <summary>Tells the application of a HEAD request that its response has ended with the headers, by the token of its scope.</summary>
/// <param name="log">Told when a callback of the application fails.</param>
/// <param name="aborted">Fires when the client has gone.</param>
internal sealed class HeadEnd(HttpLog log, CancellationToken aborted) : IThreadPoolWorkItem, IDisposable
{
    private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(aborted);

    /// <summary>Fires at the end of the response, or of the connection. Not to be asked for after <see cref="Dispose"/>.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The response has ended. On a thread of its own: callbacks of the application run there.</summary>
    public void Tell() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>Nobody is told any more; who has the token can still see what has become of it.</summary>
    public void Dispose() => _source.Dispose();

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The application was faster.
        }
        catch (AggregateException error)
        {
            log.AbortFailed(error); // a callback that the application registered on Scope.Aborted
        }
    }
}
