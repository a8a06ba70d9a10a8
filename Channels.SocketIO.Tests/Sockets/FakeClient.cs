using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>A client without transport: its session is two queues, and what it is sent is shown as text, binary messages as hexadecimal digits.</summary>
internal sealed class FakeClient : IOutbox, IAsyncDisposable
{
    private readonly Channel<Event> _input = Channel.CreateUnbounded<Event>();
    private readonly Channel<Event> _output = Channel.CreateUnbounded<Event>();
    private readonly Queue<string> _frames = new();
    private readonly CancellationTokenSource _aborted = new();
    private TaskCompletionSource? _room; // there when not all is taken
    private int _passedOn;
    private bool _closed;

    public FakeClient(SocketIOServer server, IServiceProvider services, Func<EngineIOScope, EngineIOScope>? change = null)
    {
        Send = SendAsync;
        var scope = new EngineIOScope { Path = "/socket.io/", SessionId = "secret", Services = services, Aborted = _aborted.Token };
        scope = (change?.Invoke(scope) ?? scope).WithOutbox(this);
        Completion = Task.Run(() => server.ServeSessionAsync(scope, Receive, Send));
    }

    public Task Completion { get; }

    public Send Send { get; }

    public bool HasMoreInput => false;

    /// <summary>How many packets went past the application.</summary>
    public int PassedOn => Volatile.Read(ref _passedOn);

    /// <summary>Sees what is sent, while the server waits.</summary>
    public Action<Event>? OnSending { get; set; }

    /// <summary>What was sent, as it was handed over.</summary>
    public List<EngineIOSend> Sends { get; } = [];

    public static async Task<FakeClient> ConnectAsync(SocketIOServer server, IServiceProvider services, string space = "/")
    {
        var client = new FakeClient(server, services);
        await client.EnterAsync(space);
        return client;
    }

    /// <summary>Enters a namespace; gives the id.</summary>
    public async Task<string> EnterAsync(string space = "/", string authentication = "")
    {
        var prefix = space == "/" ? "" : space + ",";
        Text($"0{prefix}{authentication}");
        var answer = await ReceiveAsync();
        Assert.That(answer, Does.StartWith($"40{prefix}{{\"sid\":\""));
        return answer.Split('"')[3];
    }

    public void Text(string text) => _input.Writer.TryWrite(EngineIOMessage.FromText(text));

    public void Binary(params byte[] bytes) => _input.Writer.TryWrite(EngineIOMessage.FromBinary(bytes));

    /// <summary>The session ends.</summary>
    public void Leave(string reason = "transport close")
    {
        _input.Writer.TryWrite(new EngineIODisconnect(reason));
        if (!_aborted.IsCancellationRequested)
        {
            _ = _aborted.CancelAsync(); // as the engine does
        }
    }

    /// <summary>From now on it takes nothing: what is sent waits until <see cref="TakeAll"/>.</summary>
    public void TakeNothing() => _room = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>It takes everything again.</summary>
    public void TakeAll() => Interlocked.Exchange(ref _room, null)?.TrySetResult();

    /// <summary>Its session has ended, and the namespaces have not heard of it yet.</summary>
    public void Vanish()
    {
        TakeNothing();
        _room!.SetException(new ConnectionClosedException());
    }

    /// <summary>How much of what it has sent is not read.</summary>
    public int Unread => _input.Reader.Count;

    /// <summary>The next frame; <c>close</c> when the server closes the session.</summary>
    public async Task<string> ReceiveAsync()
    {
        while (_frames.Count == 0)
        {
            Assert.That(_closed, Is.False, "the server has closed the session, and nothing comes any more");
            switch (await _output.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience))
            {
                case EngineIOSend send:
                    Sends.Add(send);
                    foreach (var frame in send.GetFrames(binaryAsText: false).ToArray().Cast<WebSocketSend>())
                    {
                        _frames.Enqueue(frame.IsText ? Encoding.UTF8.GetString(frame.Payload.Span) : Convert.ToHexString(frame.Payload.Span));
                    }

                    break;
                case EngineIOClose:
                    Leave("forced close");
                    _frames.Enqueue("close");
                    _closed = true;
                    break;
                case var other:
                    throw new InvalidOperationException(other.Type);
            }
        }

        return _frames.Dequeue();
    }

    /// <summary>Expects frames, in this order.</summary>
    public async Task ExpectAsync(params string[] frames)
    {
        foreach (var frame in frames)
        {
            Assert.That(await ReceiveAsync(), Is.EqualTo(frame));
        }
    }

    /// <summary>Expects that nothing came before the answer to an acknowledged event, which the server echoes.</summary>
    public async Task ExpectNothingAsync(string prefix = "")
    {
        var id = Random.Shared.Next(100_000, 999_999).ToString(CultureInfo.InvariantCulture);
        Text($"2{prefix}{id}[\"echo\"]");
        await ExpectAsync($"43{prefix}{id}[]");
    }

    public int TrySend(ReadOnlySpan<Event> events)
    {
        if (_room is not null)
        {
            return 0;
        }

        foreach (var message in events)
        {
            Interlocked.Increment(ref _passedOn); // first: who has read it finds it counted
            OnSending?.Invoke(message);
            _output.Writer.TryWrite(message);
        }

        return events.Length;
    }

    public void Hold()
    {
    }

    public void Flush()
    {
    }

    public async ValueTask DisposeAsync()
    {
        Leave();
        TakeAll();
        await Completion.WaitAsync(Eventually.Patience);
        _aborted.Dispose();
    }

    private ValueTask<Event> Receive(CancellationToken cancellationToken) => _input.Reader.ReadAsync(cancellationToken);

    private async ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        OnSending?.Invoke(message);
        await (_room?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
        _output.Writer.TryWrite(message);
    }
}
