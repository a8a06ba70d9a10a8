using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>
/// Loggers for code on timers and pool threads, where nobody could catch what a failing log provider throws: it costs
/// the line, never a request or the process.
/// </summary>
internal sealed class QuietLoggers(ILoggerFactory inner) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Quiet(inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    // The inner factory belongs to whoever made it.
    public void Dispose()
    {
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a log provider throws; there is no place left to tell it.")]
    private sealed class Quiet(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel)
        {
            try
            {
                return inner.IsEnabled(logLevel);
            }
            catch (Exception)
            {
                return false;
            }
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            try
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
            catch (Exception)
            {
                // Nobody to tell: the log itself has failed.
            }
        }
    }
}
