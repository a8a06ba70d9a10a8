using BenchmarkDotNet.Attributes;
using Channels.Kestrel;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Benchmarks;

/// <summary>
/// One broadcast to a thousand consumers, up to the frame that would be written: time and bytes per recipient. The
/// message itself is spread over the recipients, so "zero per recipient" shows as well below one byte.
/// </summary>
public class BroadcastBenchmarks
{
    private const int Recipients = 1000;

    private readonly CancellationTokenSource _end = new();
    private readonly PlainFrameEncoder _encoder = new();
    private Task[] _running = [];
    private ServiceProvider? _services;
    private IChannelLayer? _layer;
    private int _pending;

    /// <summary>How members get it: forwarded unchanged, through a handler as text, through a handler as JSON.</summary>
    [Params("forward", "handler", "json")]
    public string Way { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _services = new ServiceCollection().AddChannels().Services.BuildServiceProvider();
        _layer = _services.GetRequiredService<IChannelLayer>();
        var application = Way == "json" ? Consumer.Of<MicroJsonMember>().ToApplication() : Consumer.Of<MicroMember>().ToApplication();
        _pending = Recipients;
        _running = [.. Enumerable.Range(0, Recipients).Select(_ => RunAsync(application))];
        Wait();
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_running);
        await _services!.DisposeAsync();
    }

    [Benchmark(OperationsPerInvoke = Recipients)]
    public void Broadcast()
    {
        Volatile.Write(ref _pending, Recipients);
        var message = Way == "forward"
            ? ChannelMessage.Forward(WebSocketSend.FromText("Hello, World!"))
            : ChannelMessage.Of(new MicroMessage("Hello, World!"));
        _ = _layer!.GroupSendAsync(MicroMember.Group, message);
        Wait();
    }

    private void Wait()
    {
        var spinner = new SpinWait();
        while (Volatile.Read(ref _pending) > 0) spinner.SpinOnce();
    }

    private async Task RunAsync(Application application)
    {
        var ended = new TaskCompletionSource<Event>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = _end.Token.Register(() => ended.TrySetResult(new WebSocketDisconnect(1000)));
        var connected = false;
        await application(
            new WebSocketScope { Path = "/", Services = _services! },
            _ =>
            {
                if (connected) return new ValueTask<Event>(ended.Task);
                connected = true;
                return new ValueTask<Event>(new WebSocketConnect());
            },
            (message, _) =>
            {
                if (message is WebSocketSend send) send.GetFrame(_encoder);
                if (message is WebSocketSend or WebSocketAccept) Interlocked.Decrement(ref _pending);
                return ValueTask.CompletedTask;
            });
    }
}
