using System.Collections.Concurrent;
using System.Threading.Channels;
using Channels.SocketIO;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Sockets;

/// <summary>What consumers note, to be waited for; and what was logged.</summary>
internal sealed class Journal : ILoggerProvider, ILogger
{
    private readonly Channel<string> _notes = Channel.CreateUnbounded<string>();

    public ConcurrentQueue<string> Logged { get; } = new();

    /// <summary>The clients, by their ids.</summary>
    public ConcurrentDictionary<string, NamespaceSocket> Sockets { get; } = new();

    /// <summary>What holds a hook until the test lets it go.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Note(string note) => _notes.Writer.TryWrite(note);

    public async Task<string> NextAsync() => await _notes.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience);

    public bool IsEmpty => !_notes.Reader.TryPeek(out _);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Logged.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)}");

    public void Dispose()
    {
    }
}
