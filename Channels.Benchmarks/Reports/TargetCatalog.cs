namespace Channels.Benchmarks;

/// <summary>What this project has set itself.</summary>
internal static class TargetCatalog
{
    private const string Limit = PeerCatalog.Limit;
    private const string SignalR = PeerCatalog.SignalR;

    internal static IReadOnlyList<Target> All { get; } =
    [
        .. Cpu("fanout-1", "channels /group-raw", 1.05, 0.70),
        .. Cpu("fanout-1", "channels /group", 1.15, 0.75),
        .. Shapes.SelectMany(static workload => Cpu(workload, "channels /group-raw", 1.30, 0.40)),
        .. Shapes.SelectMany(static workload => Cpu(workload, "channels /group", 1.60, 0.50)),
        .. Shapes.Select(static workload => new Target(workload, "channels /group-raw", Figure.Tail, Limit, 1.33)),
        .. Cpu("fanout-json-32", "channels /group-json", 2.0, 0.55),
        .. Cpu("echo-64", "channels /echo", 1.10, 0.85),
        .. Cpu("echo-64", "channels /echo-json", 1.35, 0.85),
        new("echo-64", "channels /router", Figure.Rate, "channels /echo-json", 0.7),
        new("fanout-1", "channels topic", Figure.Cpu, "channels /group", 1.2),
        new("fanout-32", "channels topic", Figure.Cpu, "channels /group", 1.2),
        .. Cpu("echo-1k", "channels /echo", 1.10, 0.85),
        .. Cpu("echo-1k", "channels /echo-json", 1.35, 0.85),
        new("fanout-1", "channels /history", Figure.Cpu, "channels /group-raw", 1.2),
        new("fanout-32", "channels /history", Figure.Cpu, "channels /group-raw", 1.2),
        .. Django("fanout-1", "channels /group-raw"),
        .. Django("fanout-1", "channels /group"),
        .. Django("fanout-32", "channels /group-raw"),
        .. Django("fanout-32", "channels /group"),
        .. Django("fanout-json-32", "channels /group-json"),
        new("fanout-1", "channels /group-raw", Figure.Rate, Limit, 0.92),
        new("fanout-1", "channels /group-raw", Figure.Rate, null, 1),
        new("fanout-1", "channels /group-raw", Figure.Tail, Limit, 1.25),
        new("fanout-1", "channels /group-raw", Figure.Tail, null, 1),
        new("idle-5000", "channels /group", Figure.Memory, Limit, 1.25),
        new("idle-5000", "channels /group", Figure.Memory, SignalR, 0.65),
        new("idle-cpu", "channels /group", Figure.IdleCpu, Target.Nobody, 1.5),
        new("hello", "channels /hello", Figure.Rate, Limit, 0.95),
        new("hello", "channels /hello", Figure.Rate, PeerCatalog.MinimalApi, 1),
        new("hello", "site /hello", Figure.Rate, "mounted /hello", 0.95),
        new("echo-64", "mounted /echo", Figure.Rate, "site /echo", 0.95),
        new("echo-64", "site /echo", Figure.Cpu, "channels /echo", 1.05), // nothing of the site's is touched
        new("connect", "channels /echo", Figure.Rate, Limit, 0.9),
        new("connect", "channels /echo", Figure.Rate, SignalR, 1),
        new("fanout-1", PeerCatalog.OwnSocketIO, Figure.Cpu, "channels /group-raw", 1.25),
        new("fanout-32", PeerCatalog.OwnSocketIO, Figure.Cpu, "channels /group-raw", 1.25),
        new("fanout-1", PeerCatalog.OwnSocketIO, Figure.Cpu, PeerCatalog.NodeSocketIO, 1),
        new("fanout-32", PeerCatalog.OwnSocketIO, Figure.Cpu, PeerCatalog.NodeSocketIO, 0.2),
        new("idle-5000", PeerCatalog.OwnSocketIO, Figure.Memory, "channels /group", 1.5),
        .. Shared("/group-raw"),
        .. Shared("/group"),
        new("redis-sends", PeerCatalog.LayerSender, Figure.Rate, Target.Nobody, 20_000),
        new("redis-group-sends", PeerCatalog.LayerSender, Figure.Rate, Target.Nobody, 20_000),
    ];

    // However the messages of a window of 32 arrive.
    private static string[] Shapes => ["fanout-32", "fanout-32-singly", "fanout-32-together", "fanout-32-publishers", "fanout-32-rate"];

    private static Target[] Cpu(string workload, string contestant, double limit, double signalR) =>
        [new(workload, contestant, Figure.Cpu, Limit, limit), new(workload, contestant, Figure.Cpu, SignalR, signalR)];

    // Two processes beside one that needs no Redis, and beside two of Django Channels on the same Redis.
    private static Target[] Shared(string path) =>
    [
        new("redis-fanout", $"channels redis {path}", Figure.Rate, $"channels {path}", 0.8),
        new("redis-fanout", $"channels redis {path}", Figure.Rate, PeerCatalog.DjangoRedis, 20),
    ];

    // "At least 25 times less" than Django Channels, whichever server carries it.
    private static Target[] Django(string workload, string contestant) =>
        [.. PeerCatalog.Django.Select(django => new Target(workload, contestant, Figure.Cpu, django, 1.0 / 25))];
}
