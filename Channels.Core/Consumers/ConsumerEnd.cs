using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// The end of one consumer: every step of the clean-up runs whatever the others do. The first failure of the whole
/// connection leaves the application, where the server logs it; further ones are logged here.
/// </summary>
internal sealed partial class ConsumerEnd(Type consumer, ConsumerFaults faults, Exception? failure)
{
    private ExceptionDispatchInfo? _failure = failure is null ? null : ExceptionDispatchInfo.Capture(failure);

    /// <summary>Ends a consumer: its own clean-up, its channel, its disposal, its services, each once.</summary>
    /// <param name="type">Its class.</param>
    /// <param name="consumer">The consumer; null when it could not be made.</param>
    /// <param name="context">What it is, or was to be, connected to.</param>
    /// <param name="failure">What ended it; null for an ordinary end. It leaves this method after the clean-up.</param>
    public static async ValueTask RunAsync(Type type, Consumer? consumer, ConsumerContext context, Exception? failure)
    {
        var end = new ConsumerEnd(type, context.Faults, failure);
        if (consumer is { ContextOrNull: not null })
        {
            await end.LeaveAsync(consumer, context);
        }

        if (context.Inbox is { } inbox)
        {
            await end.RunAsync("closing its channel", inbox, static channel => channel.DisposeAsync());
        }

        if (context.Detached is { } detached)
        {
            await detached.EndAsync(end); // nothing of the connection may be disposed under it
        }

        if (consumer is not null)
        {
            await end.RunAsync("disposal", consumer, static disposed => ConsumerConstruction.DisposeAsync(disposed));
        }

        if (context.Scope.Services is ConnectionServices services)
        {
            await end.RunAsync("disposal of its services", services, static disposed => disposed.DisposeAsync());
        }

        end._failure?.Throw();
    }

    public async ValueTask RunAsync<T>(string step, T state, Func<T, ValueTask> action)
    {
        try
        {
            await action(state);
        }
        catch (Exception error) when (EndedConnection.IsToldBy(error))
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

        if (faults.Flood.Begins(FloodLog.KindOf(error), $"{consumer.Name}: {step}"))
        {
            Log.CleanUpFailed(faults.Logger, error, consumer.Name, step);
        }
    }

    // Background work is cancelled, the consumer's own hook runs, its groups are left.
    private async ValueTask LeaveAsync(Consumer ending, ConsumerContext context)
    {
        ending.Disconnect();
        context.HasEnded = true;
        context.Closing?.Dispose();
        context.Missed?.End();
        if (context.Detached is { } detached)
        {
            await RunAsync("cancelling detached work", detached, static work => new ValueTask(work.CancelAsync()));
        }

        await RunAsync("OnEndAsync", ending, static consumer => consumer.EndAsync());
        await RunAsync("leaving its groups", context.Groups, static groups => groups.LeaveAllAsync());
    }

    private static partial class Log
    {
        [LoggerMessage(2002, LogLevel.Error, "{Consumer} failed once more at its end, in: {Step}.")]
        public static partial void CleanUpFailed(ILogger logger, Exception error, string consumer, string step);
    }
}
