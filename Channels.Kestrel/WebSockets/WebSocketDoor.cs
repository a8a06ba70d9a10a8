using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>Serves the WebSockets of one server: from a request that asks for one to the end of its application.</summary>
/// <param name="root">The application that serves everything.</param>
/// <param name="options">The limits.</param>
/// <param name="time">The clock.</param>
/// <param name="metrics">Where the instruments are made.</param>
/// <param name="loggers">Where the loggers are made.</param>
/// <param name="connections">Knows the open sockets, so that a drain can reach them.</param>
/// <param name="memory">What all peers together may make the server hold.</param>
/// <param name="running">Where running application code is noted.</param>
/// <param name="ended">Called once at the end of each request, whatever it was; null for nobody.</param>
internal sealed class WebSocketDoor(
    Application root,
    WebSocketServerOptions options,
    TimeProvider time,
    ChannelsMetrics metrics,
    ILoggerFactory loggers,
    ConnectionRegistry connections,
    MemoryBudget memory,
    RunningHandlers running,
    Action<IPEndPoint?>? ended = null)
{
    private readonly WebSocketRuntime _runtime = new(root, options, connections, memory, running, metrics, time, loggers);
    private readonly OriginLog _originLog = new(loggers.CreateLogger("Channels.Security"), time);
    private readonly bool _validatorDecides = OriginDecision.IsExpectedIn(root);
    private readonly OriginPolicy? _origins = !options.CheckOrigin ? null : OriginPolicy.SameHost(options.RequireOrigin ? MissingOrigin.Refuse : MissingOrigin.Allow);

    /// <summary>True for a request that wants another protocol than HTTP; <see cref="ServeAsync(WebSocketRequest, WebSocketScope)"/> answers it, if only with a refusal.</summary>
    public static bool IsWebSocketRequest(IFeatureCollection features) => WebSocketRequest.Asks(features);

    /// <summary>Serves the request. Ends when the peer is gone and the application has ended or was given up.</summary>
    /// <param name="request">The request.</param>
    /// <param name="scope">What the HTTP side knows; subprotocols, abortion and output are added here.</param>
    /// <remarks>No method on the way to the application waits for the one below it unless it must: each would be a frame kept per idle socket.</remarks>
    public Task ServeAsync(WebSocketRequest request, WebSocketScope scope)
    {
        var refusal = request.Check(out var offered, out var transport);
        if (refusal is null && !_validatorDecides && !IsOriginAllowed(scope))
        {
            refusal = HandshakeRefusal.ForeignOrigin;
        }

        if (refusal is not null)
        {
            return RefuseAsync(request, refusal, scope.Client);
        }

        var decision = _validatorDecides && _origins is not null ? new OriginDecision() : null;
        var deflate = _runtime.Options.Compression ? DeflateTerms.Choose(request.Headers.SecWebSocketExtensions, _runtime.Options.CompressionContextTakeover) : null;
        var connection = new WebSocketConnection(_runtime, request, transport, offered, deflate, decision is null ? null : LateCheck(decision, scope), scope.Client?.Address);
        scope = scope with { Subprotocols = offered, Aborted = connection.Closing.Aborted, Outbox = connection.Outbound };
        if (decision is not null)
        {
            scope = (WebSocketScope)scope.With(OriginDecision.Key, decision);
        }

        return ServeAsync(connection, scope);
    }

    /// <summary>Measures a handshake that is refused before there is a connection.</summary>
    /// <param name="refuse">Answers it.</param>
    public async Task MeasureAsync(Func<Task> refuse)
    {
        var opened = _runtime.Metrics.Opened();
        try
        {
            await refuse();
        }
        finally
        {
            _runtime.Metrics.Closed(opened, WebSocketRules.LostCode, ClosedBy.Server, "");
        }
    }

    private async Task RefuseAsync(WebSocketRequest request, HandshakeRefusal refusal, IPEndPoint? client)
    {
        try
        {
            await MeasureAsync(() => request.RefuseAsync(refusal));
        }
        finally
        {
            ended?.Invoke(client);
        }
    }

    // Apart, so that sockets without such a check hold no closure.
    private Func<bool> LateCheck(OriginDecision decision, WebSocketScope scope) => () => decision.IsMade || IsOriginAllowed(scope);

    private Task ServeAsync(WebSocketConnection connection, WebSocketScope scope)
    {
        _runtime.Connections.Add(connection);
        var opened = _runtime.Metrics.Opened();
        connection.Run(scope);
        if (connection.Closing.Phase != WebSocketPhase.Open)
        {
            connection.WatchRequest(); // nothing is read from the peer yet that would tell of its end
        }

        return EndAsync(connection, opened, scope.Client, scope.Headers);
    }

    // The application keeps a scope of its own, with what routers and middleware have added: this one is not kept beside it.
    // Apart from what follows, because the state of this method lives as long as the socket.
    private async Task EndAsync(WebSocketConnection connection, long opened, IPEndPoint? client, IHeaders headers)
    {
        await connection.Closing.WaitEndedAsync(); // never fails
        await FinishAsync(connection, opened, client, headers);
    }

    private async ValueTask FinishAsync(WebSocketConnection connection, long opened, IPEndPoint? client, IHeaders headers)
    {
        try
        {
            if (connection.Refusal is { } refusal)
            {
                await connection.Request.RefuseAsync(refusal);
            }

            await connection.StopWatchingAsync();
            if (!connection.Application.IsCompleted)
            {
                await connection.Request.EndOutputAsync();
            }

            if (!connection.Application.IsCompleted && await IsAbandonedAsync(connection))
            {
                _runtime.Metrics.Abandoned();
                if (_runtime.Flood.Begins("an abandoned application", connection.Route))
                {
                    WebSocketLog.Abandoned(_runtime.Logger, HeaderText.Escape(connection.Path), _runtime.Options.ApplicationCloseTimeout.TotalSeconds);
                }
            }
        }
        finally
        {
            await connection.StopWatchingAsync();
            connection.Deadlines.End();
            _runtime.Connections.Remove(connection);
            connection.Forget();
            connection.Request.End();
            connection.Outbound.Release();
            _runtime.Metrics.Closed(opened, connection.Closing.Code, connection.Closing.ClosedBy, connection.Route);
            ended?.Invoke(client);
            Detach(headers, connection.Application.IsCompleted);
        }
    }

    // Kestrel takes its headers back when the request has ended; an application that goes on may still look at them.
    private static void Detach(IHeaders headers, bool applicationEnded)
    {
        if (headers is not RequestHeaders kestrels)
        {
            return;
        }

        if (applicationEnded)
        {
            kestrels.Detach();
        }
        else
        {
            kestrels.Keep();
        }
    }

    private static async Task<bool> IsAbandonedAsync(WebSocketConnection connection)
    {
        var abandoned = connection.Deadlines.WaitAbandonedAsync();
        return await Task.WhenAny(connection.Application, abandoned) == abandoned;
    }

    private bool IsOriginAllowed(WebSocketScope scope)
    {
        if (scope.TryGet(OriginDecision.Key, out var before) && before.IsMade)
        {
            return true; // whoever stands in front of us has let it in
        }

        if (_origins?.FindRefusal(scope.Headers) is not { } objection)
        {
            return true;
        }

        _originLog.Refused(scope, objection, "Channels:WebSocket:CheckOrigin");
        return false;
    }
}
