using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>What a lane reports.</summary>
internal sealed partial class WorkerLane
{
    // Of what happens with every job while something is wrong, the first of an episode is written in full.
    private bool Begins(Exception error, string what) => services.Flood.Begins(FloodLog.KindOf(error), $"{channel}: {what}");

    private static partial class Log
    {
        [LoggerMessage(7001, LogLevel.Warning, "Channel '{Channel}': handling a message of type '{MessageType}' failed at attempt {Attempt} of {MaxAttempts}; next attempt in {Delay}.")]
        public static partial void WillRetry(ILogger logger, Exception error, string channel, string messageType, int attempt, int maxAttempts, TimeSpan delay);

        [LoggerMessage(7002, LogLevel.Error, "Channel '{Channel}': gave up on a message of type '{MessageType}' after {Attempts} attempts, the last of which ended with {Failure}; it is kept among the dead letters.")]
        public static partial void GaveUp(ILogger logger, Exception? error, string channel, string messageType, int attempts, string failure);

        [LoggerMessage(7003, LogLevel.Error, "Channel '{Channel}': the layer or queue failed; reading goes on after a pause.")]
        public static partial void LayerFailed(ILogger logger, Exception error, string channel);

        [LoggerMessage(7004, LogLevel.Error, "Channel '{Channel}': the application failed without a message at hand; a new instance follows.")]
        public static partial void ApplicationFailed(ILogger logger, Exception error, string channel);

        [LoggerMessage(7005, LogLevel.Error, "Channel '{Channel}': a dead letter of type '{MessageType}' could not be kept; unless a job queue still has it, it is lost.")]
        public static partial void LetterLost(ILogger logger, Exception? error, string channel, string messageType);

        [LoggerMessage(7006, LogLevel.Warning, "Channel '{Channel}': a job is done, but the queue could not be told yet.")]
        public static partial void NotCompleted(ILogger logger, Exception error, string channel);

        [LoggerMessage(7007, LogLevel.Warning, "Channel '{Channel}': an unfinished job could not be given back; another worker gets it after the visibility time.")]
        public static partial void NotReleased(ILogger logger, Exception error, string channel);
    }
}
