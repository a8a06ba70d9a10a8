using System.Collections.Concurrent;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>A connection of a consumer to a real in-memory layer: what is sent, and by which way it came.</summary>
internal sealed class MemberSocket : IOutbox
{
    private readonly TaskCompletionSource<Event> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<Event> _events = new([WebSocketConnect.Instance]);
    private readonly ConcurrentQueue<string> _sent = new();
    private readonly ConcurrentQueue<WebSocketSend> _sentEvents = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _accepted;

    public MemberSocket() => Send = SendAsync;

    public Send Send { get; }

    /// <summary>Whether the peer's next event waits.</summary>
    public bool HasMoreInput { get; set; }

    /// <summary>How many messages <see cref="TrySend"/> takes from now on; further ones are refused.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>What <see cref="TrySend"/> throws; null for nothing.</summary>
    public Exception? Fault { get; set; }

    public Task Running => _running;

    /// <summary>The texts in the order of sending; those that passed the consumer by have a <c>&gt;</c> in front.</summary>
    public string[] Sent => [.. _sent];

    /// <summary>The very events, in the same order.</summary>
    public WebSocketSend[] SentEvents => [.. _sentEvents];

    public static async Task<MemberSocket> OpenAsync(Application application, IServiceProvider services, bool wrapped = false, bool hasMoreInput = false)
    {
        var socket = new MemberSocket { HasMoreInput = hasMoreInput };
        Send send = wrapped ? (message, token) => socket.SendAsync(message, token) : socket.Send;
        socket._running = application(new WebSocketScope { Path = "/", Services = services }.WithOutbox(socket), socket.ReceiveAsync, send);
        await Eventually.Is(() => socket._accepted, text: "the consumer has accepted");
        return socket;
    }

    public static ServiceProvider Services() => new ServiceCollection().AddChannels().Services.BuildServiceProvider();

    public async Task EndAsync()
    {
        _end.TrySetResult(new WebSocketDisconnect(1000));
        await _running.WaitAsync(Eventually.Patience);
    }

    public void Hold()
    {
    }

    public void Flush()
    {
    }

    public int TrySend(ReadOnlySpan<Event> events)
    {
        if (Fault is { } fault)
        {
            throw fault;
        }

        var count = Math.Min(Room, events.Length);
        Room -= count;
        foreach (var message in events[..count])
        {
            _sentEvents.Enqueue((WebSocketSend)message);
            _sent.Enqueue(">" + Text((WebSocketSend)message));
        }

        return count;
    }

    private static string Text(WebSocketSend message) => System.Text.Encoding.UTF8.GetString(message.Payload.Span);

    private ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken) =>
        _events.TryDequeue(out var next) ? new(next) : new(_end.Task);

    private ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        if (message is WebSocketSend send)
        {
            _sentEvents.Enqueue(send);
            _sent.Enqueue(Text(send));
        }

        _accepted |= message is WebSocketAccept;
        return ValueTask.CompletedTask;
    }
}
