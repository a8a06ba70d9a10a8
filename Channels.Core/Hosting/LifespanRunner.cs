using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Tells an application that its host starts and stops (ASGI lifespan). Servers and workers run one around everything
/// else they do. Each method is called once, start before stop, from one task at a time.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source is disposed in StopAsync, which every host calls; it owns no handle.")]
internal sealed partial class LifespanRunner
{
    // How long an application may clean up that was told to give its start-up up.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Application _application;
    private readonly ILogger _logger;
    private readonly LifespanScope _scope;
    private readonly CancellationTokenSource _aborted = new();
    private readonly TaskCompletionSource<Event> _startAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Event> _stopAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _run = Task.CompletedTask;
    private int _received;

    /// <summary>Makes a runner that has not started.</summary>
    /// <param name="application">The root application.</param>
    /// <param name="services">What the lifespan scope offers as its services.</param>
    /// <param name="logger">Where a failed shutdown is reported.</param>
    public LifespanRunner(Application application, IServiceProvider services, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(logger);
        (_application, _logger) = (application, logger);
        _scope = new LifespanScope { Services = services, Aborted = _aborted.Token };
    }

    /// <summary>Whether the application takes part; known after <see cref="StartAsync"/>.</summary>
    public bool IsSupported { get; private set; }

    /// <summary>
    /// What the application stored at start-up, to be copied shallowly into every later scope; null when it has no
    /// lifespan.
    /// </summary>
    public IDictionary<string, object?>? State => IsSupported ? _scope.State : null;

    /// <summary>Tells the application to start and waits for its answer.</summary>
    /// <param name="cancellationToken">
    /// Gives up starting, as when the process is told to stop: the application's scope is aborted, and its end waited for, not for
    /// long.
    /// </param>
    /// <exception cref="OperationCanceledException">The start was given up.</exception>
    /// <exception cref="InvalidOperationException">
    /// The application failed, answered out of order, or refused to start; the message says why. Only
    /// <see cref="UnsupportedScopeException"/>, or returning without an answer, means that it has no lifespan.
    /// </exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        _run = Task.Run(RunAsync, CancellationToken.None); // one that blocks its thread must not keep the host from giving it up
        var first = await WaitStartedAsync(cancellationToken);
        if (first == _run && !_startAnswer.Task.IsCompleted)
        {
            await EndedBeforeAnswerAsync();
            return;
        }

        if (await _startAnswer.Task is LifespanStartupFailed failed)
        {
            await _aborted.CancelAsync();
            throw new InvalidOperationException($"The application refused to start (lifespan.startup.failed): {(failed.Message.Length == 0 ? "it gave no reason" : failed.Message)}");
        }

        IsSupported = true;
    }

    /// <summary>
    /// Tells the application to stop and waits for its answer; does nothing when it has no lifespan. Failures are
    /// logged, never thrown: the host stops all the same.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting; the application's scope is then aborted.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (!IsSupported)
        {
            _aborted.Dispose();
            return;
        }

        _stopping.TrySetResult();
        try
        {
            await Task.WhenAny(_stopAnswer.Task, _run).WaitAsync(cancellationToken);
            if (_stopAnswer.Task.IsCompletedSuccessfully)
            {
                if (await _stopAnswer.Task is LifespanShutdownFailed failed)
                {
                    Log.ShutdownFailed(_logger, failed.Message);
                }

                await _run.WaitAsync(cancellationToken);
            }
            else
            {
                await _run;
                Log.ShutdownUnanswered(_logger);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Log.ShutdownTooSlow(_logger);
            await _aborted.CancelAsync();
        }
        catch (Exception error)
        {
            // Whatever the application throws while it stops is its last word; the host reports it and ends.
            Log.ShutdownThrew(_logger, error);
        }

        _aborted.Dispose();
    }

    private async Task RunAsync() => await _application(_scope, ReceiveAsync, SendAsync);

    private async Task<Task> WaitStartedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Task.WhenAny(_startAnswer.Task, _run).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await _aborted.CancelAsync();
            try
            {
                await _run.WaitAsync(Patience, _scope.Services.GetService<TimeProvider>() ?? TimeProvider.System, CancellationToken.None);
            }
            catch (TimeoutException) when (!_run.IsCompleted)
            {
                Log.StartAbandoned(_logger, Patience.TotalSeconds);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                Log.StartThrew(_logger, error);
            }
            catch (OperationCanceledException)
            {
                // It heeded Scope.Aborted.
            }

            throw;
        }
    }

    private async Task EndedBeforeAnswerAsync()
    {
        try
        {
            await _run;
            Log.NoLifespan(_logger);
        }
        catch (UnsupportedScopeException)
        {
            Log.NoLifespan(_logger);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(
                $"The application failed at start-up (lifespan scope): {error.Message} An application without start-up work throws UnsupportedScopeException, or stands under a ProtocolTypeRouter.",
                error);
        }
    }

    private async ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken)
    {
        switch (_received)
        {
            case 0:
                _received = 1;
                return new LifespanStartup();
            case 1:
                using (var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _scope.Aborted))
                {
                    await _stopping.Task.WaitAsync(either.Token);
                }

                _received = 2;
                return new LifespanShutdown();
            default:
                throw new InvalidOperationException("No event follows lifespan.shutdown; answer it with lifespan.shutdown.complete and return.");
        }
    }

    private ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        var taken = message switch
        {
            LifespanStartupComplete or LifespanStartupFailed => _received > 0 && _startAnswer.TrySetResult(message),
            LifespanShutdownComplete or LifespanShutdownFailed => _received > 1 && _stopAnswer.TrySetResult(message),
            _ => false,
        };
        return taken ? ValueTask.CompletedTask : throw Illegal(message);
    }

    private IllegalEventException Illegal(Event message) => (_received, _startAnswer.Task.IsCompleted, _stopAnswer.Task.IsCompleted) switch
    {
        (0, _, _) => new(message, "a lifespan whose lifespan.startup was not received yet"),
        (_, false, _) => new(message, "a lifespan that starts", "lifespan.startup.complete", "lifespan.startup.failed"),
        (1, true, _) => new(message, "a running lifespan"),
        (_, _, false) => new(message, "a lifespan that shuts down", "lifespan.shutdown.complete", "lifespan.shutdown.failed"),
        _ => new(message, "a lifespan that has ended"),
    };

    private static partial class Log
    {
        [LoggerMessage(1000, LogLevel.Debug, "The application has no lifespan: it is neither told that the host starts nor that it stops.")]
        public static partial void NoLifespan(ILogger logger);

        [LoggerMessage(1005, LogLevel.Warning, "The application was told to give its start-up up, did not end within {Seconds} s and is abandoned; let it heed Scope.Aborted.")]
        public static partial void StartAbandoned(ILogger logger, double seconds);

        [LoggerMessage(1006, LogLevel.Error, "The application failed after it was told to give its start-up up.")]
        public static partial void StartThrew(ILogger logger, Exception error);

        [LoggerMessage(1001, LogLevel.Error, "The application could not shut down cleanly: {Reason}")]
        public static partial void ShutdownFailed(ILogger logger, string reason);

        [LoggerMessage(1002, LogLevel.Warning, "The application returned without answering lifespan.shutdown.")]
        public static partial void ShutdownUnanswered(ILogger logger);

        [LoggerMessage(1003, LogLevel.Warning, "The application did not answer lifespan.shutdown in time and is abandoned.")]
        public static partial void ShutdownTooSlow(ILogger logger);

        [LoggerMessage(1004, LogLevel.Error, "The application failed while it shut down.")]
        public static partial void ShutdownThrew(ILogger logger, Exception error);
    }
}
