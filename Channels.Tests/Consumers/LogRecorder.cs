using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Consumers;

/// <summary>Keeps what is logged.</summary>
public sealed class LogRecorder : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _lines = new();

    public (int Id, string Text)[] Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Id, formatter(state, exception) + (exception is null ? "" : $" [{exception.GetType().Name}: {exception.Message}]")));

    public void Dispose()
    {
    }
}
