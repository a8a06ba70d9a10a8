using System.IO.Pipelines;
using Channels.Kestrel;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>
/// An open WebSocket over pipes in memory: what the peer sends is read on the test's own thread, and what is written
/// shows write by write. For what a real socket cannot show: allocations, and what leaves together.
/// </summary>
internal sealed class InMemorySocket : IDuplexPipe, IHttpUpgradeFeature, IConnectionTransportFeature
{
    private readonly Pipe _input = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
    private readonly PipeWriter _output;

    private InMemorySocket(PipeWriter output) => _output = output;

    /// <summary>The application's way to send.</summary>
    public Send Send { get; private set; } = null!;

    /// <summary>The application's way to receive; the connect event has been taken.</summary>
    public Receive Receive { get; private set; } = null!;

    /// <summary>The connection's outbox.</summary>
    public IOutbox Outbox { get; private set; } = null!;

    public bool IsUpgradableRequest => true;

    IDuplexPipe IConnectionTransportFeature.Transport { get; set; } = null!;

    PipeReader IDuplexPipe.Input => _input.Reader;

    PipeWriter IDuplexPipe.Output => _output;

    /// <summary>Opens a socket whose application does what the test does with <see cref="Send"/> and <see cref="Receive"/>.</summary>
    public static async Task<InMemorySocket> OpenAsync(PipeWriter output, Action<WebSocketServerOptions>? configure = null, ChannelsMetrics? metrics = null, MemoryBudget? memory = null)
    {
        var socket = new InMemorySocket(output);
        ((IConnectionTransportFeature)socket).Transport = socket;
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Method = "GET", Protocol = "HTTP/1.1", Path = "/", RawTarget = "/", Headers = Handshake() });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new Microsoft.AspNetCore.Http.StreamResponseBodyFeature(Stream.Null));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        features.Set<IHttpUpgradeFeature>(socket);
        features.Set<IConnectionTransportFeature>(socket);
        var options = new WebSocketServerOptions { CheckOrigin = false };
        configure?.Invoke(options);
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var door = new WebSocketDoor(
            async (scope, receive, send) =>
            {
                await receive();
                await send(new WebSocketAccept());
                (socket.Send, socket.Receive, socket.Outbox) = (send, receive, scope.GetOutbox()!);
                opened.SetResult();
                await new TaskCompletionSource().Task;
            },
            options,
            new Channels.Testing.ManualTimeProvider(),
            metrics ?? new ChannelsMetrics(),
            NullLoggerFactory.Instance,
            new ConnectionRegistry(),
            memory ?? new MemoryBudget(0, TimeProvider.System),
            new RunningHandlers());
        var request = new WebSocketRequest(features, running: null);
        _ = door.ServeAsync(request, new WebSocketScope { Path = "/", Headers = new HeaderList(), Exchange = request });
        await opened.Task;
        return socket;
    }

    /// <summary>The peer sends; read before this returns. False when it was not all read, because reading pauses.</summary>
    public bool Write(byte[] bytes)
    {
        bytes.CopyTo(_input.Writer.GetSpan(bytes.Length));
        _input.Writer.Advance(bytes.Length);
        return _input.Writer.FlushAsync().IsCompletedSuccessfully;
    }

    /// <summary>The peer sends, and closes its side of the transport: both come in one read.</summary>
    public void WriteLast(byte[] bytes)
    {
        bytes.CopyTo(_input.Writer.GetSpan(bytes.Length));
        _input.Writer.Advance(bytes.Length);
        _input.Writer.Complete();
    }

    Task<Stream> IHttpUpgradeFeature.UpgradeAsync() => Task.FromResult(Stream.Null);

    /// <summary>What a client asks for.</summary>
    public static Microsoft.AspNetCore.Http.HeaderDictionary Handshake() => new()
    {
        ["Upgrade"] = "websocket",
        ["Connection"] = "Upgrade",
        ["Sec-WebSocket-Version"] = "13",
        ["Sec-WebSocket-Key"] = RawWebSocketClient.Key,
        ["Sec-WebSocket-Extensions"] = "permessage-deflate",
    };
}

/// <summary>A transport that takes everything at once and remembers what each write carried.</summary>
internal sealed class WriteLog : PipeWriter
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _pending;
    private int _written;

    /// <summary>The bytes of each write, as far as they are kept.</summary>
    public List<byte[]> Writes { get; } = [];

    /// <summary>False to remember nothing, for tests of allocation.</summary>
    public bool Keeps { get; set; } = true;

    /// <summary>How many bytes all writes had.</summary>
    public int Written => Volatile.Read(ref _written);

    /// <summary>Called in front of each write; null for nothing.</summary>
    public Action? Flushing { get; set; }

    public override void Advance(int bytes) => _pending += bytes;

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Flushing?.Invoke();
        if (Keeps)
        {
            lock (Writes)
            {
                Writes.Add(_buffer[.._pending]);
            }
        }

        Interlocked.Add(ref _written, _pending);
        _pending = 0;
        return default;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer.AsMemory(_pending);

    public override Span<byte> GetSpan(int sizeHint = 0) => _buffer.AsSpan(_pending);
}
