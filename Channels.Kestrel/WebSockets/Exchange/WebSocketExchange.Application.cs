using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

// The application that serves the connection: how its end is heard of. A callback instead of a method that waits, which
// would be a larger object for as long as the socket lives.
internal sealed partial class WebSocketExchange
{
    /// <summary>The running application.</summary>
    public Task Application { get; private set; } = Task.CompletedTask;

    /// <summary>The path it serves, for logs.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Ends the connection when the application has ended. Once, as soon as it runs.</summary>
    public void Watch(Task application, string path)
    {
        (Application, Path) = (application, path);
        var end = application.ConfigureAwait(false).GetAwaiter();
        if (end.IsCompleted)
        {
            OnApplicationCompleted();
        }
        else
        {
            end.UnsafeOnCompleted(OnApplicationCompleted);
        }
    }

    // Never fails: a connection's application must not hurt another's.
    private void OnApplicationCompleted()
    {
        var failed = true;
        try
        {
            Application.GetAwaiter().GetResult(); // it has ended
            failed = false;
        }
        catch (ConnectionClosedException)
        {
            failed = false; // sending to a peer that is gone: nobody's mistake (ASGI specification, WebSocket 2.4)
        }
        catch (OperationCanceledException) when (_aborted.IsCancellationRequested)
        {
            failed = false; // the application heeded Scope.Aborted
        }
#pragma warning disable CA1031 // whatever an application throws ends its connection, and nothing else
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailure(error);
        }
        finally
        {
            OnApplicationEnded(failed);
        }
    }

    private void LogFailure(Exception failure)
    {
        try
        {
            ApplicationLog.Failed(_runtime.Logger, failure, HeaderText.Escape(Path));
        }
#pragma warning disable CA1031 // a logger that fails has nobody to tell, and this is nobody's task: the process would end
        catch
#pragma warning restore CA1031
        {
        }
    }

    private static partial class ApplicationLog
    {
        [LoggerMessage(1110, LogLevel.Error, "The application of websocket {Path} failed.")]
        public static partial void Failed(ILogger logger, Exception error, string path);
    }
}
