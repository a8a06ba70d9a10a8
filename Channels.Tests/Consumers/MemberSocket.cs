using System.Collections.Concurrent;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>A connection of a consumer to a real in-memory layer: what is sent, and by which way it came.</summary>
internal sealed class MemberSocket : IForwardOutput
{
    private readonly TaskCompletionSource<Event> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<Event> _events = new([WebSocketConnect.Instance]);
    private readonly ConcurrentQueue<string> _sent = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _accepted;

    /// <summary>How many messages <see cref="Forward"/> takes from now on; further ones are refused.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>What <see cref="Forward"/> throws; null for nothing.</summary>
    public Exception? Fault { get; set; }

    /// <summary>The texts in the order of sending; those that passed the consumer by have a <c>&gt;</c> in front.</summary>
    public string[] Sent => [.. _sent];

    public static async Task<MemberSocket> OpenAsync(Application application, IServiceProvider services, bool wrapped = false, IOutputCork? cork = null)
    {
        var socket = new MemberSocket();
        Send send = wrapped ? (message, token) => socket.SendAsync(message, token) : socket.SendAsync;
        socket._running = application(new WebSocketScope { Path = "/", Services = services, OutputCork = cork }, socket.ReceiveAsync, send);
        await Eventually.Is(() => socket._accepted, text: "the consumer has accepted");
        return socket;
    }

    public static ServiceProvider Services() => new ServiceCollection().AddChannels().Services.BuildServiceProvider();

    public async Task EndAsync()
    {
        _end.TrySetResult(new WebSocketDisconnect(1000));
        await _running.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public int Forward(ReadOnlySpan<WebSocketSend> messages)
    {
        if (Fault is { } fault)
        {
            throw fault;
        }

        var count = Math.Min(Room, messages.Length);
        Room -= count;
        foreach (var message in messages[..count])
        {
            _sent.Enqueue(">" + Text(message));
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
            _sent.Enqueue(Text(send));
        }

        _accepted |= message is WebSocketAccept;
        return ValueTask.CompletedTask;
    }
}
