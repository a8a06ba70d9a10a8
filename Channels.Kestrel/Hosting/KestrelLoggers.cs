using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>
/// The loggers of Kestrel itself. Some of its lines, of any level, are written as often as a peer likes: each kind is written
/// in full once per episode and then counted. Debugging, which somebody asks for, is not.
/// </summary>
internal sealed class KestrelLoggers(ILoggerFactory inner, TimeProvider time) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return new Bounded(logger, categoryName, new FloodLog(logger, time));
    }

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    // The inner factory belongs to the host.
    public void Dispose()
    {
    }

    private sealed class Bounded(ILogger inner, string category, FloodLog flood) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel < LogLevel.Information || (inner.IsEnabled(logLevel) && flood.Begins(eventId.Name ?? "a line without a name", category)))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
