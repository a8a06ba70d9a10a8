using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>Calls the application for one HTTP request and makes sure that the client gets an answer or an end.</summary>
internal sealed class HttpRunner(Application root, HttpRuntime runtime, TimeProvider time, ServerTelemetry telemetry)
{
    private readonly HttpLog _log = runtime.Log;
    private readonly ChannelsServerOptions _options = runtime.Options;

    public Task ServeAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange) => _options.RequestTimeout > TimeSpan.Zero
        ? ServeWithLimitAsync(features, scope, exchange)
        : ServeAsync(features, scope, exchange, limit: null);

    private async Task ServeWithLimitAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange)
    {
        using var limit = new RequestLimit(_options.RequestTimeout, time, _log, scope.Aborted);
        await ServeAsync(features, scope with { Aborted = limit.Token }, exchange, limit);
    }

    private async Task ServeAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange, RequestLimit? limit)
    {
        Exception? failure = null;
        try
        {
            var run = Begin(scope, exchange);
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

        await exchange.DrainAsync(time);
        ((RequestHeaders)scope.Headers).Detach();
        if (failure is not null && exchange.IsHandedOver)
        {
            ExceptionDispatchInfo.Throw(failure); // to the server below, which has the response
        }
    }

    private Task Begin(HttpScope scope, HttpExchange exchange)
    {
        var note = runtime.Running.Enter(scope.Path);
        try
        {
            return root(scope, exchange.Receive, exchange.Send);
        }
        finally
        {
            note.Leave();
        }
    }

    private async ValueTask<RunEnd> WaitAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange, RequestLimit? limit, Task run)
    {
        var patience = _options.ApplicationCloseTimeout;
        var end = limit is null && patience == TimeSpan.Zero && !exchange.IsHead ? RunEnd.Abandoned : await RunWatch.WaitAsync(run, time, patience, exchange, limit, scope.Aborted);
        if (end == RunEnd.TimedOut)
        {
            await AnswerTimeoutAsync(features, scope, exchange);
            end = await RunWatch.WaitAsync(run, time, patience, exchange, limit: null, scope.Aborted);
        }

        var endedEarly = exchange.Response.EndedEarly;
        if (end == RunEnd.Abandoned && ((patience == TimeSpan.Zero && !endedEarly) || exchange.IsHandedOver))
        {
            // Without a limit, or in other hands, which the server's features must outlive. The caller awaits it again and sees how it ended.
            await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return RunEnd.Returned;
        }

        if (end == RunEnd.Abandoned)
        {
            // The application still runs and may look at its headers; Kestrel takes its own back when this returns.
            ((RequestHeaders)scope.Headers).Keep();
            exchange.Abandon();
            telemetry.Abandoned();
            if (endedEarly)
            {
                _log.LeftAtHead(scope, RunWatch.HeadPatience);
            }
            else
            {
                _log.Abandoned(scope, patience);
            }

            _ = run.ContinueWith(static (task, log) => ((HttpLog)log!).AbandonedFailed(task.Exception!), _log, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        return end;
    }

    private async ValueTask AnswerTimeoutAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange)
    {
        _log.TimedOut(scope, _options.RequestTimeout, exchange.State);
        if (exchange.Response.HasStarted || exchange.IsHandedOver)
        {
            // Frees a send that waits for a slow reader, so that the exchange can end. Over before the client can notice: Kestrel drops what is sent from then on without a word.
            exchange.Abandon();
            Abort(features);
        }

        exchange.StopReading();
        await exchange.EndAsync();
        var started = exchange.Response.HasStarted || exchange.IsHandedOver;
        exchange.Response.TakeOver();
        if (!started)
        {
            await PlainResponse.WriteAsync(features, 503, "The application did not answer in time.", _options.RetryAfter);
        }
    }

    private async ValueTask RescueAsync(IFeatureCollection features, HttpScope scope, HttpExchange exchange, RequestLimit? limit, Exception? failure)
    {
        var isNoName = failure is InvalidChannelNameException invalid && invalid.IsDueTo(exchange.Match);
        var isUnserved = failure is UnsupportedScopeException unserved && unserved.ScopeType == scope.Type;
        if (isNoName && !exchange.Response.HasStarted)
        {
            _log.NoName(scope, failure!);
        }
        else if (isUnserved && !exchange.Response.HasStarted)
        {
            _log.Unserved(scope, failure!);
        }
        else if (failure is not null && !exchange.IsHandedOver)
        {
            _log.Failed(scope, exchange.State, failure);
        }

        if (exchange.Response.IsComplete || exchange.IsAborted)
        {
            return;
        }

        // An application that heeds Scope.Aborted may be faster than the watch over its time.
        if (limit is { IsReached: true })
        {
            await AnswerTimeoutAsync(features, scope, exchange);
            return;
        }

        if (exchange.IsHandedOver)
        {
            return;
        }

        if (failure is null && (exchange.RefusedBy is not null || exchange.KnowsOfStop))
        {
            await RefuseToLastAsync(features, exchange);
            return;
        }

        if (failure is null && exchange.BodyFault == 0)
        {
            _log.Unanswered(scope, exchange.State);
        }

        if (exchange.Response.HasStarted)
        {
            Abort(features);
            return;
        }

        var (status, text) = exchange.BodyFault switch
        {
            0 when isNoName || isUnserved => (404, "Not Found"),
            503 => (503, "There is no memory for the request body now."),
            0 => (500, "Internal Server Error"),
            408 => (408, "The request body came too slowly."),
            413 => (413, "The request body is too long."),
            var fault => (fault, "The request body is malformed."),
        };
        await PlainResponse.WriteAsync(features, status, text, status == 503 ? _options.RetryAfter : default);
    }

    // What an application has left open that heard of the server's stop, or of too many connections.
    private async ValueTask RefuseToLastAsync(IFeatureCollection features, HttpExchange exchange)
    {
        if (!exchange.Response.HasStarted)
        {
            await PlainResponse.WriteAsync(features, 503, exchange.KnowsOfStop ? "The server is stopping." : "There are too many connections.", _options.RetryAfter);
        }
        else if (exchange.Response.IsEventStream)
        {
            await exchange.Response.CompleteAsync();
        }
        else
        {
            Abort(features); // a body that was cut must not look complete
        }
    }

    private static void Abort(IFeatureCollection features) => features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
}
