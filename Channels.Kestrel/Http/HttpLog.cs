using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>The log lines about HTTP requests: method and path only, both escaped.</summary>
internal sealed partial class HttpLog(ILogger logger, TimeProvider time)
{
    private readonly FloodLog _flood = new(logger, time);

    /// <summary>What the route took from the path makes no name, so that there is no such place.</summary>
    public void NoName(HttpScope scope, Exception error) => Log.NoName(logger, PlaceOf(scope), error.Message);

    /// <summary>What stands there serves no requests, which no stranger can know.</summary>
    public void Unserved(HttpScope scope, Exception error)
    {
        if (_flood.Begins("a request that nothing serves", PlaceOf(scope)))
        {
            Log.Unserved(logger, PlaceOf(scope), error.Message);
        }
    }

    public void Failed(HttpScope scope, string state, Exception error)
    {
        if (_flood.Begins(FloodLog.KindOf(error), PlaceOf(scope)))
        {
            Log.Failed(logger, HeaderText.Escape(scope.Method), HeaderText.Escape(scope.Path), state, error);
        }
    }

    public void Unanswered(HttpScope scope, string state)
    {
        if (_flood.Begins("an incomplete response", PlaceOf(scope)))
        {
            Log.Unanswered(logger, HeaderText.Escape(scope.Method), HeaderText.Escape(scope.Path), state);
        }
    }

    public void TimedOut(HttpScope scope, TimeSpan limit, string state)
    {
        if (_flood.Begins("a request timeout", PlaceOf(scope)))
        {
            Log.TimedOut(logger, HeaderText.Escape(scope.Method), HeaderText.Escape(scope.Path), limit, state);
        }
    }

    public void Abandoned(HttpScope scope, TimeSpan limit)
    {
        if (_flood.Begins("an abandoned application", PlaceOf(scope)))
        {
            Log.Abandoned(logger, HeaderText.Escape(scope.Method), HeaderText.Escape(scope.Path), limit);
        }
    }

    public void LeftAtHead(HttpScope scope, TimeSpan limit)
    {
        if (_flood.Begins("an application abandoned at HEAD", PlaceOf(scope)))
        {
            Log.LeftAtHead(logger, HeaderText.Escape(scope.Path), limit);
        }
    }

    public void AbortFailed(Exception error)
    {
        if (_flood.Begins(FloodLog.KindOf(error), "Scope.Aborted"))
        {
            Log.AbortFailed(logger, error);
        }
    }

    public void LostAtStop() => Log.LostAtStop(logger);

    public void AbandonedFailed(Exception error) => Log.AbandonedFailed(logger, error);

    private static string PlaceOf(HttpScope scope) => scope.Exchange?.Match.Template ?? "";

    private static partial class Log
    {
        [LoggerMessage(1028, LogLevel.Debug, "Answered 404 at route '{Route}', because what it took from the path makes no name: {Reason}")]
        public static partial void NoName(ILogger logger, string route, string reason);

        [LoggerMessage(1029, LogLevel.Information, "Answered a request with 404 at route '{Route}': {Reason}")]
        public static partial void Unserved(ILogger logger, string route, string reason);

        [LoggerMessage(1020, LogLevel.Error, "The application failed while serving {Method} {Path}; its response was {State}.")]
        public static partial void Failed(ILogger logger, string method, string path, string state, Exception error);

        [LoggerMessage(1021, LogLevel.Error, "The application returned from {Method} {Path}, but its response was {State}.")]
        public static partial void Unanswered(ILogger logger, string method, string path, string state);

        [LoggerMessage(1022, LogLevel.Warning, "The application took longer than Channels:Server:RequestTimeout ({Limit}) for {Method} {Path}; its response was {State}.")]
        public static partial void TimedOut(ILogger logger, string method, string path, TimeSpan limit, string state);

        [LoggerMessage(1023, LogLevel.Warning, "The application still serves {Method} {Path} {Limit} after the client went away (Channels:Server:ApplicationCloseTimeout); it is abandoned. Pass Scope.Aborted to what it waits for.")]
        public static partial void Abandoned(ILogger logger, string method, string path, TimeSpan limit);

        [LoggerMessage(1027, LogLevel.Warning, "The application still serves HEAD {Path} {Limit} after its response had ended with the headers; it is abandoned. Pass Scope.Aborted to what it waits for.")]
        public static partial void LeftAtHead(ILogger logger, string path, TimeSpan limit);

        [LoggerMessage(1025, LogLevel.Error, "A callback on Scope.Aborted failed.")]
        public static partial void AbortFailed(ILogger logger, Exception error);

        [LoggerMessage(1026, LogLevel.Debug, "An event stream lost its client while the server ended it.")]
        public static partial void LostAtStop(ILogger logger);

        [LoggerMessage(1024, LogLevel.Debug, "An abandoned application failed in the end.")]
        public static partial void AbandonedFailed(ILogger logger, Exception error);
    }
}
