using System.Threading.Channels;
using Channels;
using Channels.Extending;

namespace Outside.Lines;

/// <summary>
/// A connection of the line protocol over queues: what a server for it would keep per socket. What the peer reads is the line
/// as it was sent; lines that came past the consumer, while it slept, say so.
/// </summary>
public sealed class LineConnection : IOutbox
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Channel<Event> _input = Channel.CreateUnbounded<Event>();
    private readonly Channel<Line> _output = Channel.CreateUnbounded<Line>();
    private readonly List<Line> _held = [];
    private readonly Lock _writing = new();
    private bool _holds;
    private bool _closed;

    public LineConnection() => Send = SendAsync;

    /// <summary>One delegate for the connection's whole life: consumers compare it.</summary>
    public Send Send { get; }

    public bool HasMoreInput => _input.Reader.Count > 0;

    /// <summary>The application's call for this connection.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    public static LineConnection Open(Application application, IServiceProvider services, CancellationToken aborted = default)
    {
        var connection = new LineConnection();
        var scope = new LineScope { Services = services, Aborted = aborted }.WithOutbox(connection);
        connection._input.Writer.TryWrite(new LineOpened());
        connection.Running = application(scope, connection._input.Reader.ReadAsync, connection.Send);
        return connection;
    }

    public void Write(string text) => _input.Writer.TryWrite(new LineReceived(text));

    /// <summary>The peer goes away.</summary>
    public void End()
    {
        lock (_writing)
        {
            _closed = true;
        }

        _input.Writer.TryWrite(new LineEnded());
    }

    public Task<Line> ReadAsync() => _output.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public async Task<string> ReadTextAsync() => (await ReadAsync()).Text;

    public Task WhenEnded() => Running.WaitAsync(Patience);

    public int TrySend(ReadOnlySpan<Event> events)
    {
        lock (_writing)
        {
            if (_closed)
            {
                return 0;
            }

            for (var taken = 0; taken < events.Length; taken++)
            {
                if (events[taken] is not LineSend line)
                {
                    return taken;
                }

                Put(new Line(line.Text, PastConsumer: true));
            }

            return events.Length;
        }
    }

    public void Hold()
    {
        lock (_writing)
        {
            _holds = true;
        }
    }

    public void Flush()
    {
        lock (_writing)
        {
            _holds = false;
            foreach (var line in _held)
            {
                _output.Writer.TryWrite(line);
            }

            _held.Clear();
        }
    }

    private ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        lock (_writing)
        {
            if (_closed)
            {
                return ValueTask.FromException(new ConnectionClosedException());
            }

            switch (message)
            {
                case LineSend line:
                    Put(new Line(line.Text, PastConsumer: false));
                    return ValueTask.CompletedTask;
                case LineGoodbye goodbye:
                    Put(new Line($"bye {goodbye.Code} {goodbye.Reason}", PastConsumer: false));
                    _closed = true;
                    _input.Writer.TryWrite(new LineEnded());
                    return ValueTask.CompletedTask;
                default:
                    return ValueTask.FromException(new IllegalEventException(message, "open", "line.send", "line.goodbye"));
            }
        }
    }

    private void Put(Line line)
    {
        if (_holds)
        {
            _held.Add(line);
        }
        else
        {
            _output.Writer.TryWrite(line);
        }
    }

    /// <summary>What the peer reads, and by which way it came.</summary>
    public sealed record Line(string Text, bool PastConsumer);
}
