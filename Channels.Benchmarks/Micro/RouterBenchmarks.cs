using System.Globalization;
using BenchmarkDotNet.Attributes;
using Channels.Routing;

namespace Channels.Benchmarks;

/// <summary>Matching a path beside the number of routes; with literal prefixes it must not grow linearly.</summary>
public class RouterBenchmarks
{
    private Application _router = static (_, _, _) => Task.CompletedTask;
    private WebSocketScope _last = new() { Path = "/" };
    private WebSocketScope _none = new() { Path = "/" };

    [Params(10, 1000)]
    public int Routes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var router = new UrlRouter();
        for (var i = 0; i < Routes; i++)
            router.Add(string.Create(CultureInfo.InvariantCulture, $"area-{i}/room/{{name:slug}}/"), static (_, _, _) => Task.CompletedTask);
        _router = new UrlRouter { { "ws/", router }, { "{**rest}", static (_, _, _) => Task.CompletedTask } };
        _last = new WebSocketScope { Path = string.Create(CultureInfo.InvariantCulture, $"/ws/area-{Routes - 1}/room/lobby/") };
        _none = new WebSocketScope { Path = "/ws/nowhere/room/lobby/" };
    }

    [Benchmark]
    public Task LastRoute() => _router(_last, Receive, Send);

    [Benchmark]
    public Task NoRoute() => _router(_none, Receive, Send);

    private static ValueTask<Event> Receive(CancellationToken cancellationToken) => default;

    private static ValueTask Send(Event message, CancellationToken cancellationToken) => default;
}
