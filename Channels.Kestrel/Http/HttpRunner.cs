using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>Calls the application for one HTTP request and makes sure that the client gets an answer or an end.</summary>
internal sealed partial class HttpRunner(ServerContext server)
{
    private readonly ILogger _logger = server.Loggers.CreateLogger("Channels.Server.Http");

    public async Task ServeAsync(IFeatureCollection features, IHttpRequestFeature request, HttpScope scope)
    {
        var exchange = new HttpExchange(features, request, server.Options, scope.Aborted);
        Exception? failure = null;
        try
        {
            await server.Root(scope, exchange.Receive, exchange.Send);
        }
        catch (ConnectionClosedException)
        {
            // The client went away and the application let it be known: nothing to report.
        }
        catch (OperationCanceledException) when (scope.Aborted.IsCancellationRequested)
        {
            // The application followed Scope.Aborted, as it should.
        }
        catch (Exception error)
        {
            failure = error;
        }

        await exchange.EndAsync();
        if (failure is not null || !exchange.Response.IsComplete)
        {
            await RescueAsync(features, scope, exchange, failure);
        }
    }

    private async Task RescueAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange, Exception? failure)
    {
        if (failure is not null)
        {
            Log.Failed(_logger, scope.Method, scope.Path, exchange.Response.State, failure);
        }

        if (exchange.Response.IsComplete || scope.Aborted.IsCancellationRequested)
        {
            return;
        }

        if (failure is null && exchange.BodyFault == 0)
        {
            Log.Unanswered(_logger, scope.Method, scope.Path, exchange.Response.State);
        }

        if (exchange.Response.HasStarted)
        {
            features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
            return;
        }

        var (status, text) = exchange.BodyFault switch
        {
            0 => (500, "Internal Server Error"),
            413 => (413, "The request body is too long."),
            var fault => (fault, "The request body is malformed."),
        };
        await PlainResponse.WriteAsync(features, status, text);
    }

    private static partial class Log
    {
        public static void Failed(ILogger logger, string method, string path, string state, Exception error) =>
            ApplicationFailed(logger, HeaderText.Escape(method), HeaderText.Escape(path), state, error);

        public static void Unanswered(ILogger logger, string method, string path, string state) =>
            ApplicationReturned(logger, HeaderText.Escape(method), HeaderText.Escape(path), state);

        [LoggerMessage(1020, LogLevel.Error, "The application failed while serving {Method} {Path}; the response was {State}.")]
        private static partial void ApplicationFailed(ILogger logger, string method, string path, string state, Exception error);

        [LoggerMessage(1021, LogLevel.Error, "The application returned while serving {Method} {Path}; the response was {State}.")]
        private static partial void ApplicationReturned(ILogger logger, string method, string path, string state);
    }
}
