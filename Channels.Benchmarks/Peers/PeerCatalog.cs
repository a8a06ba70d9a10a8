namespace Channels.Benchmarks;

/// <summary>All peers and their ways of working.</summary>
internal static class PeerCatalog
{
    internal const string Limit = "limit";
    internal const string SignalR = "signalr";
    internal const string MinimalApi = "minimal-api";

    /// <summary>A site of ASP.NET Core in which an application of ours is mounted.</summary>
    internal const string Mounted = "mounted";

    /// <summary>The same site as an application on our own server.</summary>
    internal const string Site = "site";

    /// <summary>Socket.IO of ours, and the reference server on Node.</summary>
    internal const string OwnSocketIO = "channels-socketio";
    internal const string NodeSocketIO = "socketio";

    internal const string DjangoRedis = "django-redis";
    internal const string LayerSender = "channels redis";
    internal const string LayerTracker = "channels redis presence";

    private const string Daphne = "django-daphne";
    private const string Uvicorn = "django-uvicorn";
    private const LoadKinds Own = LoadKinds.Echo | LoadKinds.EchoKibibyte | LoadKinds.Connect | LoadKinds.Large;
    private const LoadKinds Further = LoadKinds.FanOutShapes | LoadKinds.IdleTime; // not asked of everybody: a run would take too long
    private const LoadKinds Group = LoadKinds.FanOut | LoadKinds.Room | LoadKinds.Idle;

    /// <summary>The contestants that are Django Channels in memory.</summary>
    internal static IReadOnlyList<string> Django { get; } = [Daphne, Uvicorn];

    /// <summary>The contestants of another build of ours are called like ours, with this word for the first.</summary>
    internal const string Baseline = "baseline";

    private const string Channels = "channels";
    private static readonly RedisPeer Redis = new();

    internal static IReadOnlyList<Contestant> All { get; } =
    [
        .. Ours(Channels, new ConformancePeer(Channels)),
        .. Limits(new ChildPeer(Limit)),
        .. SignalRs(new ChildPeer(SignalR)),
        .. Plain(new ChildPeer("aspnet-ws"), Own, Group, LoadKinds.FanOutJson),
        new(MinimalApi, new ChildPeer(MinimalApi), LoadKinds.Http, Dialect.Plain("/hello")),
        .. Sites(new ChildPeer(Mounted)),
        .. Sites(new ChildPeer(Site)),
        .. SocketIO(new ChildPeer(OwnSocketIO)),
        .. SocketIO(new NodePeer(NodeSocketIO, "socket.io", "socketio.js")),
        .. Plain(new NodePeer("node-ws", "ws", "ws.js"), LoadKinds.Echo, LoadKinds.FanOut | LoadKinds.Idle, LoadKinds.FanOutJson),
        .. Plain(new DjangoPeer(Daphne, "daphne", DaphneOn), LoadKinds.Echo, LoadKinds.FanOut | LoadKinds.Idle, LoadKinds.FanOutJson),
        .. Plain(new DjangoPeer(Uvicorn, "uvicorn", static port => ["--host", "127.0.0.1", "--port", port, "--log-level", "warning"]), LoadKinds.Echo, LoadKinds.FanOut, LoadKinds.None),
        .. OursOnRedis(Channels, root: null),
        new(DjangoRedis, new DjangoPeer(DjangoRedis, "daphne", DaphneOn, Redis), LoadKinds.FanOutShared, Dialect.Plain("/group/{group}")),
        Sender(LayerSender),
        Tracker(LayerTracker),
    ];

    /// <summary>
    /// All contestants and those of another build of ours beside them. What sends without sockets is then measured in a
    /// process of its own, in both builds alike.
    /// </summary>
    /// <param name="root">The checkout of the other build, built for release; null: no other build.</param>
    internal static IReadOnlyList<Contestant> With(string? root) => root is null ? All :
    [
        .. All.Where(static contestant => contestant.Name is not (LayerSender or LayerTracker)),
        Sender(LayerSender) with { Program = typeof(PeerCatalog).Assembly.Location },
        Tracker(LayerTracker) with { Program = typeof(PeerCatalog).Assembly.Location },
        .. Ours(Baseline, new ConformancePeer(Baseline, root: root)),
        .. OursOnRedis(Baseline, root),
        Sender($"{Baseline} redis") with { Program = ProgramOf(root) },
        Tracker($"{Baseline} redis presence") with { Program = ProgramOf(root) },
    ];

    // What the server puts around a text counts as payload: members are then sent frames as long as those of a plain group.
    private static Dialect History => new()
    {
        Path = "/history/{group}",
        Greeting = [new("{\"type\":\"joined\"", null)],
        EnvelopeBytes = -"""{"type":"message","epoch":"0123456789abcdef","offset":123456,"text":""}""".Length,
    };

    private static Contestant[] Ours(string build, Peer peer) =>
    [
        new($"{build} /echo", peer, Own, Dialect.Plain("/echo")),
        new($"{build} /echo-json", peer, Own & ~LoadKinds.Large, Dialect.Json("/echo-json")),
        new($"{build} /group-raw", peer, LoadKinds.FanOut | LoadKinds.FanOutShapes | LoadKinds.FanOutShared, Dialect.Plain("/group-raw/{group}")),
        new($"{build} /group", peer, Group | Further | LoadKinds.FanOutShared, Dialect.Plain("/group/{group}")),
        new($"{build} /group-json", peer, LoadKinds.FanOutJson, Dialect.Json("/group-json/{group}")),
        new($"{build} /history", peer, LoadKinds.FanOut | LoadKinds.CatchUp, History),
        new($"{build} /hello", peer, LoadKinds.Http, Dialect.Plain("/hello")),
        new($"{build} /router", peer, LoadKinds.Echo, RouterDialects.Echo),
        new($"{build} topic", peer, LoadKinds.FanOut, RouterDialects.Topic),
    ];

    // Everyone on Redis shares one server.
    private static Contestant[] OursOnRedis(string build, string? root)
    {
        var peer = new ConformancePeer($"{build}-redis", Redis, root);
        return
        [
            new($"{build} redis /group-raw", peer, LoadKinds.FanOutShared, Dialect.Plain("/group-raw/{group}")),
            new($"{build} redis /group", peer, LoadKinds.FanOutShared, Dialect.Plain("/group/{group}")),
        ];
    }

    private static string ProgramOf(string root) => Path.Combine(root, "Channels.Benchmarks", "bin", "Release", "net10.0", "Channels.Benchmarks.dll");

    private static Contestant Tracker(string name) => new(name, Redis, LoadKinds.Presence, Dialect.Plain(""));

    private static Contestant Sender(string name) => new(name, Redis, LoadKinds.LayerSends, Dialect.Plain(""));

    private static string[] DaphneOn(string port) => ["-b", "127.0.0.1", "-p", port, "-v", "0"];

    private static Contestant[] Limits(Peer peer) =>
    [
        new(Limit, peer, Own, Dialect.Plain("/echo")),
        new(Limit, peer, Group | Further, Dialect.Plain("/group/{group}")),
        new(Limit, peer, LoadKinds.FanOutJson, Dialect.Json("/group/{group}")),
        new(Limit, peer, LoadKinds.Http, Dialect.Plain("/hello")),
    ];

    private static Contestant[] Sites(Peer peer) =>
    [
        new($"{peer.Name} /echo", peer, LoadKinds.Echo, Dialect.Plain("/echo")),
        new($"{peer.Name} /hello", peer, LoadKinds.Http, Dialect.Plain("/hello")),
    ];

    private static Contestant[] SignalRs(Peer peer) =>
    [
        new(SignalR, peer, Own, SignalRDialects.Echo),
        new(SignalR, peer, Group | Further, SignalRDialects.Group),
        new(SignalR, peer, LoadKinds.FanOutJson, SignalRDialects.JsonGroup),
    ];

    private static Contestant[] SocketIO(Peer peer) =>
    [
        new(peer.Name, peer, LoadKinds.Echo, SocketIODialects.Echo),
        new(peer.Name, peer, LoadKinds.FanOut | LoadKinds.Idle | LoadKinds.IdleTime, SocketIODialects.Group),
        new(peer.Name, peer, LoadKinds.Polls, SocketIODialects.Polling),
        new(peer.Name, peer, LoadKinds.FanOutJson, SocketIODialects.JsonGroup),
    ];

    private static Contestant[] Plain(Peer peer, LoadKinds own, LoadKinds group, LoadKinds json) =>
    [
        new(peer.Name, peer, own, Dialect.Plain("/echo")),
        new(peer.Name, peer, group, Dialect.Plain("/group/{group}")),
        new(peer.Name, peer, json, Dialect.Json("/group-json/{group}")),
    ];
}
