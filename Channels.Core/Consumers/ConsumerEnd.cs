using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// The end of one consumer: every step of the clean-up runs whatever the others do. The first failure of the whole
/// connection leaves the application, where the server logs it; further ones are logged here.
/// </summary>
internal sealed partial class ConsumerEnd(Type consumer, IServiceProvider host, Exception? failure)
{
    private ExceptionDispatchInfo? _failure = failure is null ? null : ExceptionDispatchInfo.Capture(failure);

    public async ValueTask RunAsync<T>(string step, T state, Func<T, ValueTask> action)
    {
        try
        {
            await action(state);
        }
        catch (ConnectionClosedException)
        {
            // The step wanted to send something; that there is nobody left is no fault of its own.
        }
        catch (Exception error)
        {
            Add(step, error); // wide, because the steps that follow must run
        }
    }

    public void Add(string step, Exception error)
    {
        if (_failure is null)
        {
            _failure = ExceptionDispatchInfo.Capture(error);
            return;
        }

        Log.CleanUpFailed(ConsumerContext.Logger(host), error, consumer.Name, step);
    }

    public void ThrowIfFailed() => _failure?.Throw();

    private static partial class Log
    {
        [LoggerMessage(2002, LogLevel.Error, "{Consumer} failed once more at its end, in: {Step}.")]
        public static partial void CleanUpFailed(ILogger logger, Exception error, string consumer, string step);
    }
}
