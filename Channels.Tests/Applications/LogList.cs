using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Applications;

/// <summary>Services whose log is a list of lines: <c>Level id: text</c>.</summary>
internal sealed class LogList(IHostEnvironment? environment = null, ChannelsMetrics? metrics = null) : IServiceProvider, ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public LogLevel Least { get; init; } = LogLevel.Debug;

    public object? GetService(Type serviceType) =>
        serviceType == typeof(ILoggerFactory) ? this : serviceType == typeof(IHostEnvironment) ? environment : serviceType == typeof(ChannelsMetrics) ? metrics : null;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The list is the only log.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= Least;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _lines.Enqueue($"{logLevel} {eventId.Id}: {formatter(state, exception)}");
        }
    }

    public void Dispose()
    {
    }
}
