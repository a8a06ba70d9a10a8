using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>
/// The loggers of a program that says in one sentence why it could not start: what an operator can mend is not logged by its host
/// once more, with a stack. A program's own mistakes are.
/// </summary>
internal sealed class StartLoggers(ILoggerFactory inner) : ILoggerFactory
{
    private const string Host = "Microsoft.Extensions.Hosting.Internal.Host";
    private const int StartFailed = 11; // the host's event

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName == Host ? new OfHost(logger) : logger;
    }

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private static bool IsOfOperator(Exception? error) =>
        error is CannotListenException or OptionsValidationException or ChannelLayerUnavailableException or OperationCanceledException;

    private sealed class OfHost(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id != StartFailed || !IsOfOperator(exception))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
