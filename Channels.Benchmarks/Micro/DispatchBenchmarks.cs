using BenchmarkDotNet.Attributes;

namespace Channels.Benchmarks;

/// <summary>
/// A message in, dispatch, a message out, without sockets: a consumer that is fed a thousand received messages. The
/// received event itself is made beforehand; what is allocated is what the consumer's side adds.
/// </summary>
public class DispatchBenchmarks
{
    private const int Messages = 1000;

    private readonly WebSocketScope _scope = new() { Path = "/" };
    private readonly Application _echo = Consumer.Of<MicroEcho>();
    private readonly Application _json = Consumer.Of<MicroJsonEcho>();
    private readonly Event[] _script =
    [
        new WebSocketConnect(),
        .. Enumerable.Repeat(WebSocketReceive.FromText("{\"text\":\"Hello, World! Hello, World!\"}"), Messages),
        new WebSocketDisconnect(1000),
    ];

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Echo() => RunAsync(_echo);

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task JsonEcho() => RunAsync(_json);

    private Task RunAsync(Application application)
    {
        var next = 0;
        return application(_scope, _ => new ValueTask<Event>(_script[next++]), static (_, _) => ValueTask.CompletedTask);
    }
}
