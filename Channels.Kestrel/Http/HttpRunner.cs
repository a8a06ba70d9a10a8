using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>Calls the application for one HTTP request and makes sure that the client gets an answer or an end.</summary>
internal sealed class HttpRunner(ServerContext server)
{
    private readonly ChannelsServerOptions _options = server.Options;
    private readonly HttpLog _log = new(server.Loggers.CreateLogger("Channels.Server.Http"));

    public Task ServeAsync(IFeatureCollection features, IHttpRequestFeature request, HttpScope scope)
    {
        var exchange = new HttpExchange(features, request, _options, scope.Aborted);
        return _options.RequestTimeout > TimeSpan.Zero
            ? ServeWithLimitAsync(features, scope, exchange)
            : ServeAsync(features, scope, exchange, limit: null);
    }

    private async Task ServeWithLimitAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange)
    {
        using var limit = new RequestLimit(_options.RequestTimeout, server.Time, _log, scope.Aborted);
        await ServeAsync(features, scope with { Aborted = limit.Token }, exchange, limit);
    }

    private async Task ServeAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange, RequestLimit? limit)
    {
        Exception? failure = null;
        try
        {
            var run = server.Root(scope, exchange.Receive, exchange.Send);
            if (!run.IsCompleted && await WaitAsync(features, scope, exchange, limit, run) == RunEnd.Abandoned)
            {
                return;
            }

            await run;
        }
        catch (ConnectionClosedException)
        {
            // The connection has ended and the application let it be known: nothing to report.
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
            await RescueAsync(features, scope, exchange, limit, failure);
        }

        ((RequestHeaders)scope.Headers).Detach();
    }

    private async ValueTask<RunEnd> WaitAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange, RequestLimit? limit, Task run)
    {
        if (limit is null && _options.ApplicationCloseTimeout == TimeSpan.Zero)
        {
            await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the caller awaits it again and sees how it ended
            return RunEnd.Returned;
        }

        var end = await RunWatch.WaitAsync(run, server.Time, _options.ApplicationCloseTimeout, limit is null ? null : limit.IsReached, scope.Aborted);
        if (end == RunEnd.TimedOut)
        {
            await AnswerTimeoutAsync(features, scope, exchange);
            end = await RunWatch.WaitAsync(run, server.Time, _options.ApplicationCloseTimeout, timedOut: null, scope.Aborted);
        }

        if (end == RunEnd.Abandoned)
        {
            // The application still runs and may look at its headers; Kestrel takes its own back when this returns.
            ((RequestHeaders)scope.Headers).Keep();
            exchange.Abandon();
            server.Telemetry.Abandoned();
            _log.Abandoned(scope, _options.ApplicationCloseTimeout);
            _ = run.ContinueWith(static (task, log) => ((HttpLog)log!).AbandonedFailed(task.Exception!), _log, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        return end;
    }

    private async ValueTask AnswerTimeoutAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange)
    {
        _log.TimedOut(scope, _options.RequestTimeout, exchange.Response.State);
        if (exchange.Response.HasStarted)
        {
            // Frees a send that waits for a slow reader, so that the exchange can end.
            features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
        }

        exchange.StopReading();
        await exchange.EndAsync();
        if (!exchange.Response.HasStarted)
        {
            exchange.Response.TakeOver();
            await PlainResponse.WriteAsync(features, 503, "The application did not answer in time.", _options.RetryAfter);
        }
    }

    private async ValueTask RescueAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange, RequestLimit? limit, Exception? failure)
    {
        if (failure is not null)
        {
            _log.Failed(scope, exchange.Response.State, failure);
        }

        if (exchange.Response.IsComplete || exchange.IsAborted)
        {
            return;
        }

        // An application that heeds Scope.Aborted may be faster than the watch over its time.
        if (limit?.IsReached() == true)
        {
            await AnswerTimeoutAsync(features, scope, exchange);
            return;
        }

        if (failure is null && exchange.BodyFault == 0)
        {
            _log.Unanswered(scope, exchange.Response.State);
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
}
