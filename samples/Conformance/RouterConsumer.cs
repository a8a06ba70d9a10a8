using System.Text.Json;
using Channels.SocketRouter;

namespace Conformance;

/// <summary><c>/router/?user=NAME</c>: requests as over HTTP, and topics called <c>room.…</c>.</summary>
[SocketRouter(typeof(ConformanceJson))]
[SocketTopic("room.*", "message", typeof(JsonElement))]
internal sealed partial class RouterConsumer(TimeProvider time) : SocketRouterConsumer
{
    private const int LongestWait = 60_000;
    private const int LongestTopic = 256;
    private const string Rooms = "room.";

    [SocketRoute]
    public string OnSayHello(RouterName payload) => $"Hello, {payload.Name}!";

    [SocketRoute]
    public string OnBoom() => throw new InvalidOperationException("This handler always fails.");

    [SocketRoute(Hydrate = nameof(FindThing), Dehydrate = nameof(Show))]
    public SocketReply<Thing> OnGetThing(Thing? thing) => thing is null ? new SocketReply(404) : thing;

    [SocketRoute]
    public SocketReply<JsonElement> OnCreate(JsonElement payload) => new(payload, 201);

    [SocketRoute]
    public ConformanceMessage OnEcho(ConformanceMessage payload) => payload;

    [SocketRoute(Parallel = true)]
    public async Task<int> OnSlow(RouterWait payload, CancellationToken cancellationToken)
    {
        var wait = Math.Clamp(payload.Ms, 0, LongestWait);
        await Task.Delay(TimeSpan.FromMilliseconds(wait), time, cancellationToken);
        return wait;
    }

    [SocketRoute(AccessCheck = nameof(Nobody))]
    public string OnSecret() => "nobody sees it";

    [SocketRoute(DataCheck = nameof(HasNumber))]
    public JsonElement OnStrict(JsonElement payload) => payload;

    [SocketRoute]
    public async IAsyncEnumerable<int> OnCount(RouterCount payload)
    {
        for (var i = 1; i <= payload.To; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    [SocketRoute(DataCheck = nameof(NamesRoom))]
    public async Task<RouterPosition> OnPublish(RouterMessage payload)
    {
        var position = await PublishAsync(payload.Topic, payload.Event ?? "message", payload.Payload);
        return new(position.Epoch, position.Offset);
    }

    protected override string? UserKey => Query.Text(Scope, "user") is { Length: > 0 } name ? name : base.UserKey;

    protected override ValueTask<bool> MayJoinAsync(string topic, SocketRequest request) => new(IsRoom(topic));

    private static bool IsRoom(string topic) => topic.StartsWith(Rooms, StringComparison.Ordinal) && topic.Length <= LongestTopic;

    private static bool NamesRoom(RouterMessage payload) => IsRoom(payload.Topic) && payload.Event is not ("" or "PONG");

    private static bool Nobody() => false;

    private static bool HasNumber(JsonElement payload) =>
        payload.ValueKind == JsonValueKind.Object && payload.TryGetProperty("n", out var n) && n.ValueKind == JsonValueKind.Number && n.TryGetInt64(out _);

    private static Thing? FindThing(JsonElement payload) =>
        payload.ValueKind == JsonValueKind.Object && payload.TryGetProperty("id", out var id) && id.ToString() == "1" ? new(1, "The only thing", "kept inside") : null;

    private static RouterThing Show(Thing? thing) => new(thing!.Id, thing.Title); // called only for what was found

    /// <summary>As it is stored.</summary>
    internal sealed record Thing(int Id, string Title, string Secret);
}
