namespace Channels.Benchmarks;

/// <summary>All peers and their ways of working.</summary>
internal static class PeerCatalog
{
    internal const string Limit = "limit";
    internal const string SignalR = "signalr";
    internal const string MinimalApi = "minimal-api";

    private const LoadKinds Own = LoadKinds.Echo | LoadKinds.Connect | LoadKinds.Large;
    private const LoadKinds Group = LoadKinds.FanOut | LoadKinds.Room | LoadKinds.Idle;

    internal static IReadOnlyList<Contestant> All { get; } =
    [
        .. Channels(new ConformancePeer()),
        .. Limits(new ChildPeer(Limit)),
        .. SignalRs(new ChildPeer(SignalR)),
        .. AspNet(new ChildPeer("aspnet-ws")),
        new(MinimalApi, new ChildPeer(MinimalApi), LoadKinds.Http, Dialect.Plain("/hello")),
    ];

    private static Contestant[] Channels(Peer peer) =>
    [
        new("channels /echo", peer, Own, Dialect.Plain("/echo")),
        new("channels /echo-json", peer, LoadKinds.Echo | LoadKinds.Connect, Dialect.Json("/echo-json")),
        new("channels /group-raw", peer, LoadKinds.FanOut, Dialect.Plain("/group-raw/{group}")),
        new("channels /group", peer, Group, Dialect.Plain("/group/{group}")),
        new("channels /group-json", peer, LoadKinds.FanOutJson, Dialect.Json("/group-json/{group}")),
        new("channels /hello", peer, LoadKinds.Http, Dialect.Plain("/hello")),
    ];

    private static Contestant[] Limits(Peer peer) =>
    [
        new(Limit, peer, Own, Dialect.Plain("/echo")),
        new(Limit, peer, Group, Dialect.Plain("/group/{group}")),
        new(Limit, peer, LoadKinds.FanOutJson, Dialect.Json("/group/{group}")),
        new(Limit, peer, LoadKinds.Http, Dialect.Plain("/hello")),
    ];

    private static Contestant[] AspNet(Peer peer) =>
    [
        new(peer.Name, peer, Own, Dialect.Plain("/echo")),
        new(peer.Name, peer, Group, Dialect.Plain("/group/{group}")),
        new(peer.Name, peer, LoadKinds.FanOutJson, Dialect.Json("/group-json/{group}")),
    ];

    private static Contestant[] SignalRs(Peer peer)
    {
        const string End = "}\u001e";
        var hello = new GreetingStep(null, "{\"protocol\":\"json\",\"version\":1" + End);
        var join = new GreetingStep("{}", "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Join\",\"arguments\":[\"{group}\"]" + End);
        var joined = new GreetingStep("{\"type\":3,", null);
        return
        [
            new(SignalR, peer, Own, Invoke("Echo", "\"", "\"", hello, new GreetingStep("{}", null))),
            new(SignalR, peer, Group, Invoke("Publish", "\"{group}\",\"", "\"", hello, join, joined)),
            new(SignalR, peer, LoadKinds.FanOutJson, Invoke("PublishObject", "\"{group}\",{\"text\":\"", "\"}", hello, join, joined)),
        ];

        static Dialect Invoke(string method, string before, string after, params GreetingStep[] greeting)
        {
            var payload = after.Length == 2 ? "{\"text\":\"\"}".Length : 0;
            var prefix = "{\"type\":1,\"target\":\"" + method + "\",\"arguments\":[" + before;
            return new Dialect
            {
                Path = "/hub",
                Greeting = greeting,
                Prefix = prefix,
                Suffix = after + "]" + End,
                EnvelopeBytes = prefix.Length + after.Length + 1 + End.Length - payload,
                Records = true,
            };
        }
    }
}
