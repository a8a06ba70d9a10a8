using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>Serves the WebSockets of one server: from a request that asks for one to the end of its application.</summary>
/// <param name="server">The server.</param>
/// <param name="ended">Called once at the end of each request, whatever it was; null for nobody.</param>
internal sealed partial class WebSocketDoor(ServerContext server, Action<IPEndPoint?>? ended = null)
{
    private readonly WebSocketRuntime _runtime = new(server);
    private readonly bool _validatorDecides = OriginDecision.IsExpectedIn(server.Root);
    private readonly OriginPolicy? _origins = !server.WebSocket.CheckOrigin ? null
        : OriginPolicy.SameHost(server.WebSocket.RequireOrigin ? MissingOrigin.Refuse : MissingOrigin.Allow);

    /// <summary>True for a request that wants another protocol than HTTP; <see cref="ServeAsync(IFeatureCollection, WebSocketScope)"/> answers it, if only with a refusal.</summary>
    public static bool IsWebSocketRequest(IFeatureCollection features) => WebSocketRequest.Asks(features);

    /// <summary>Serves the request. Ends when the peer is gone and the application has ended or was given up.</summary>
    /// <param name="features">The request.</param>
    /// <param name="scope">What the HTTP side knows; subprotocols, abortion and output are added here.</param>
    /// <remarks>No method on the way to the application waits for the one below it unless it must: each would be a frame kept per idle socket.</remarks>
    public Task ServeAsync(IFeatureCollection features, WebSocketScope scope)
    {
        var request = new WebSocketRequest(features);
        var refusal = request.Check(out var offered);
        if (refusal is null && !_validatorDecides && !IsOriginAllowed(scope))
        {
            refusal = HandshakeRefusal.ForeignOrigin;
        }

        if (refusal is not null)
        {
            return RefuseAsync(request, refusal, scope);
        }

        var decision = _validatorDecides && _origins is not null ? new OriginDecision() : null;
        var options = _runtime.Options;
        var deflate = options.Compression ? DeflateTerms.Choose(request.Headers.SecWebSocketExtensions, options.CompressionContextTakeover) : null;
        var exchange = new WebSocketExchange(_runtime, request, offered, deflate, decision is null ? null : LateCheck(decision, scope));
        scope = scope with { Subprotocols = offered, Aborted = exchange.Aborted, Outbox = exchange };
        if (decision is not null)
        {
            scope = (WebSocketScope)scope.With(OriginDecision.Key, decision);
        }

        return ServeAsync(request, exchange, scope);
    }

    private async Task RefuseAsync(WebSocketRequest request, HandshakeRefusal refusal, WebSocketScope scope)
    {
        try
        {
            await request.RefuseAsync(refusal);
        }
        finally
        {
            ended?.Invoke(scope.Client);
        }
    }

    // Apart, so that sockets without such a check hold no closure.
    private Func<bool> LateCheck(OriginDecision decision, WebSocketScope scope) => () => decision.IsMade || IsOriginAllowed(scope);

    private Task ServeAsync(WebSocketRequest request, WebSocketExchange exchange, WebSocketScope scope)
    {
        server.Connections.Add(exchange);
        var opened = _runtime.Metrics.Opened();
        RunApplication(exchange, scope);
        if (!exchange.IsOpen)
        {
            exchange.WatchRequest(); // nothing is read from the peer yet that would tell of its end
        }

        return EndAsync(request, exchange, opened, scope.Client, scope.Headers);
    }

    // The application keeps a scope of its own, with what routers and middleware have added: this one is not kept beside it.
    private async Task EndAsync(WebSocketRequest request, WebSocketExchange exchange, long opened, IPEndPoint? client, IHeaders headers)
    {
        try
        {
            await exchange.WaitEndedAsync();
            if (exchange.Refusal is { } refusal)
            {
                await request.RefuseAsync(refusal);
            }

            await exchange.StopWatchingAsync();
            if (!exchange.Application.IsCompleted)
            {
                await request.EndOutputAsync();
            }

            if (!exchange.Application.IsCompleted && await IsAbandonedAsync(exchange))
            {
                _runtime.Metrics.Abandoned();
                Log.Abandoned(_runtime.Logger, HeaderText.Escape(exchange.Path), _runtime.Options.ApplicationCloseTimeout.TotalSeconds);
            }
        }
        finally
        {
            await exchange.StopWatchingAsync();
            _runtime.Heartbeat.Remove(exchange);
            server.Connections.Remove(exchange);
            exchange.Release();
            _runtime.Metrics.Closed(opened, exchange.CloseCode, exchange.ClosedBy);
            ended?.Invoke(client);
            Detach(headers, exchange.Application.IsCompleted);
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

    private async Task<bool> IsAbandonedAsync(WebSocketExchange exchange)
    {
        var abandoned = exchange.WaitAbandonedAsync();
        _runtime.Heartbeat.Schedule(exchange, _runtime.Heartbeat.Now);
        return await Task.WhenAny(exchange.Application, abandoned) == abandoned;
    }

    private void RunApplication(WebSocketExchange exchange, WebSocketScope scope)
    {
        Task application;
        try
        {
            application = server.Root(scope, exchange.ReceiveAsync, exchange.Send)
                ?? throw new InvalidOperationException("The application returned null in place of a task.");
        }
#pragma warning disable CA1031 // one place judges errors, thrown early or late
        catch (Exception error)
#pragma warning restore CA1031
        {
            application = Task.FromException(error);
        }

        exchange.Watch(application, scope.Path);
    }

    private bool IsOriginAllowed(WebSocketScope scope)
    {
        if (_origins?.FindRefusal(scope.Headers) is not { } objection)
        {
            return true;
        }

        OriginLog.Refused(scope, objection, "Channels:WebSocket:CheckOrigin");
        return false;
    }

    private static partial class Log
    {
        [LoggerMessage(1111, LogLevel.Warning, "The application of websocket {Path} still runs {Seconds} s after its connection has ended and is abandoned; let it end on Scope.Aborted or after the disconnect event.")]
        public static partial void Abandoned(ILogger logger, string path, double seconds);
    }
}
