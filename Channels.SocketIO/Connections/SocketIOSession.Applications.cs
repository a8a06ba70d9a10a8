using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>The applications of a session, one for each namespace that the client is in, or was in when it has not ended yet.</summary>
internal sealed partial class SocketIOSession
{
    private TaskCompletionSource? _applicationEnded; // there when somebody waits for one to end
    private int _running;

    // A client may leave a namespace and come back while the application still works for what it was: as many run as it may be in at once.
    private async ValueTask ConnectLaterAsync(ReceivedPacket packet, Task room)
    {
        await WaitForRoomAsync(room);
        if (!_closed && !_scope.Aborted.IsCancellationRequested)
        {
            await ConnectAsync(packet);
        }
    }

    // Never fails. The only method above the application that waits for as long as it runs: each would be a frame kept per idle client.
    private async Task ServeAsync(NamespaceRoute route, NamespaceConnection connection, JsonElement authentication)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // an application that blocks does not hold up the reading
        SocketIORefuse? refusal = null;
        try
        {
            await BeginAsync(connection, authentication);
            await Invoke(route, connection, authentication);
        }
        catch (SocketIORefusedException error)
        {
            refusal = new(error.Message, error.Content);
        }
        catch (OperationCanceledException) when (!connection.IsOpen)
        {
            // The client has gone, and the application heard of it.
        }
#pragma warning disable CA1031 // whatever an application throws is its own failure, and told here
        catch (Exception error)
#pragma warning restore CA1031
        {
            refusal = Failure;
            Runtime.Log.Failed(route.Label, error);
        }

        await EndAsync(route, connection, refusal ?? new("Not authorized")); // the application has ended without an answer
    }

    private Task Invoke(NamespaceRoute route, NamespaceConnection connection, JsonElement authentication)
    {
        var scope = new SocketIOScope(_scope, connection, authentication, Runtime.Time.GetUtcNow()).WithOutbox(connection);
        connection.Scope = scope = route.Captures.Count == 0 ? scope : scope with { Route = scope.Route with { Values = route.Captures } };
        var application = connection.IsRecovered && Runtime.Options.Recovery is { SkipMiddleware: true } ? route.Inner : route.Application;
        return application(scope, connection.ReceiveAsync, connection.Send);
    }

    private async Task EndAsync(NamespaceRoute route, NamespaceConnection connection, SocketIORefuse refusal)
    {
        try
        {
            await TellAsync(route, connection, refusal);
            if (connection.Kept is { } kept)
            {
                await kept.SaveAsync(); // a server that stops waits for it
            }
        }
        finally
        {
            connection.Dispose();
            lock (this)
            {
                _running--;
                _applicationEnded?.SetResult();
                _applicationEnded = null;
            }
        }
    }

    private async ValueTask TellAsync(NamespaceRoute route, NamespaceConnection connection, SocketIORefuse refusal)
    {
        try
        {
            await connection.FinishAsync(refusal);
        }
        catch (ConnectionClosedException)
        {
            // Nobody is left to be told.
        }
#pragma warning disable CA1031 // it refuses with something that cannot be written: its own failure as well
        catch (Exception error) when (refusal.Data is not null)
#pragma warning restore CA1031
        {
            Runtime.Log.Failed(route.Label, error);
            await TellAsync(route, connection, Failure);
        }
    }

    private async ValueTask BeginAsync(NamespaceConnection connection, JsonElement authentication)
    {
        if (Runtime.Recovery is not { } recovery)
        {
            connection.Begin(SocketIORuntime.NewId());
            return;
        }

        try
        {
            await recovery.BeginAsync(connection, authentication, UserKey.Of(_scope.User));
        }
        catch (ChannelLayerUnavailableException error)
        {
            Runtime.Log.NotKept("the layer is away, and the client is kept out until it is back", error);
            throw new SocketIORefusedException("Service unavailable");
        }
    }

    // Completes when no application runs. Nothing is received any more, so none begins.
    private async Task WhenIdleAsync()
    {
        while (true)
        {
            Task ended;
            lock (this)
            {
                if (_running == 0)
                {
                    return;
                }

                ended = WhenApplicationEnds();
            }

            await ended;
        }
    }

    // Inside the lock.
    private Task WhenApplicationEnds() => (_applicationEnded ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
