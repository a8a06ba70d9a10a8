using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Support;

/// <summary>Keeps what was logged, for a test to look at. Thread-safe.</summary>
internal sealed class LogRecord : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyList<LogLine> Lines => [.. _lines];

    /// <summary>Lines at Error or worse.</summary>
    public IReadOnlyList<LogLine> Errors => [.. _lines.Where(line => line.Level >= LogLevel.Error)];

    public ILogger CreateLogger(string categoryName) => new Recorder(categoryName, _lines);

    public void Dispose()
    {
    }

    private sealed class Recorder(string category, ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new(category, logLevel, eventId.Id, formatter(state, exception), exception));
    }
}

/// <summary>One log line.</summary>
internal sealed record LogLine(string Category, LogLevel Level, int Id, string Text, Exception? Error);
