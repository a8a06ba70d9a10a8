using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Channels.SocketRouter;
using Channels.Tests.Consumers;

namespace Channels.Tests.SocketRouter;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, PropertyNameCaseInsensitive = false)]
[JsonSerializable(typeof(Greeting))]
[JsonSerializable(typeof(Hydrated))]
[JsonSerializable(typeof(View))]
[JsonSerializable(typeof(Unwritable))]
[JsonSerializable(typeof(News))]
internal sealed partial class TestJson : JsonSerializerContext;

internal sealed record Greeting(string Name);

internal sealed record Hydrated(string Id, string Title);

internal sealed record View(object Dehydrated);

internal sealed record News(int N);

internal sealed record Unwritable
{
    public string Text => throw new InvalidOperationException("cannot be read");
}

/// <summary>What the stages of requests have seen, and gates for handlers that wait.</summary>
internal sealed class Journal
{
    public ConcurrentQueue<string> Stages { get; } = new();

    public Gate Slow { get; } = new();

    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Note(string stage) => Stages.Enqueue(stage);
}

/// <summary>Every kind of route that the tests need.</summary>
[SocketRouter(typeof(TestJson))]
internal sealed partial class TestRouter(Journal journal) : SocketRouterConsumer
{
    [SocketRoute]
    public string OnSayHello(Greeting payload) => $"Hello, {payload.Name}!";

    [SocketRoute("boom")]
    public void OnBoom() => throw new InvalidOperationException("a secret");

    [SocketRoute("missing")]
    public Task OnMissingAsync() => throw new NotImplementedException();

    [SocketRoute("getArticle", Hydrate = nameof(FindArticle))]
    public SocketReply<Hydrated> OnGetArticle(Hydrated? article) => article is null ? new SocketReply(404) : article;

    [SocketRoute("echo")]
    public JsonElement OnEcho(JsonElement payload) => payload;

    [SocketRoute("status", Dehydrate = nameof(Dehydrate))]
    public async Task<SocketReply<string>> OnStatus(int payload)
    {
        await Task.Yield();
        return new("raw", payload);
    }

    [SocketRoute("statusAlone")]
    public SocketReply OnStatusAlone(int payload) => new(payload);

    [SocketRoute("unset", Dehydrate = nameof(Dehydrate))]
    public string OnUnset() => "raw";

    [SocketRoute("nothing", Dehydrate = nameof(Dehydrate))]
    public SocketReply<string> OnNothing() => new SocketReply();

    [SocketRoute("empty")]
    public void OnEmpty()
    {
    }

    [SocketRoute("refuseData", DataCheck = nameof(RefuseAsync), AccessCheck = nameof(NoteAccess))]
    public void OnRefuseData() => journal.Note("handler");

    [SocketRoute("refuseFields", DataCheck = nameof(WrongFields))]
    public void OnRefuseFields(Greeting payload) => journal.Note(payload.Name);

    [SocketRoute("refuseAccess", AccessCheck = nameof(RefuseAsync), Hydrate = nameof(NoteHydrate))]
    public void OnRefuseAccess() => journal.Note("handler");

    [SocketRoute("stages", DataCheck = nameof(NoteData), AccessCheck = nameof(NoteAccess), Hydrate = nameof(NoteHydrate), Dehydrate = nameof(NoteDehydrate))]
    public string OnStages(SocketRequest request, string? hydrated)
    {
        journal.Note($"handler {hydrated} {string.Join(',', request.Store.Keys)}");
        return "raw";
    }

    [SocketRoute("custom")]
    public SocketReply<JsonElement> OnCustom() =>
        new(JsonElement.Parse("""{"error":"mine","code":7}"""u8), 422, new JsonObject { ["retry"] = 1, ["deep"] = new JsonObject { ["a"] = new JsonArray(1, "x") } });

    [SocketRoute("retry")]
    public SocketReply<JsonElement> OnRetry() => new(JsonElement.Parse("""{"error":"mine","code":7}"""u8), 422, new JsonObject { ["retry"] = 1 });

    [SocketRoute("unserialisable")]
    public Unwritable OnUnserialisable() => new();

    [SocketRoute("none")]
    public SocketReply<string> OnNone() => null!;

    [SocketRoute("refuse")]
    public string OnRefuse() => throw new SocketRouteException(402, "pay first");

    [SocketRoute("push")]
    public async Task OnPush() => await PushAsync("news", new News(1));

    [SocketRoute("wait")]
    public async Task<string> OnWait(CancellationToken cancellationToken)
    {
        journal.Note("wait");
        try
        {
            await journal.Slow.PassAsync(cancellationToken);
            return "waited";
        }
        catch (OperationCanceledException)
        {
            journal.Cancelled.TrySetResult();
            throw;
        }
    }

    [SocketRoute("stubborn")]
    public async Task OnStubborn() => await journal.Slow.PassAsync();

    [SocketRoute("block")]
    public string OnBlock()
    {
        journal.Slow.PassAsync().GetAwaiter().GetResult(); // as careless handlers do
        return "blocked";
    }

    [SocketRoute("waitParallel", Parallel = true)]
    public Task<string> OnWaitParallel(CancellationToken cancellationToken) => OnWait(cancellationToken);

    [SocketRoute("quick", TimeoutMs = 100)]
    public Task<string> OnQuick(CancellationToken cancellationToken) => OnWait(cancellationToken);

    [SocketRoute("count")]
    public async IAsyncEnumerable<int> OnCount(int payload, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 1; i <= payload; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
        }
    }

    [SocketRoute("countAndWait")]
    public async IAsyncEnumerable<int> OnCountAndWait()
    {
        yield return 1;
        await journal.Slow.PassAsync();
        yield return 2;
    }

    protected override ValueTask<bool> MayConnectAsync() => new(!Scope.Path.EndsWith("/forbidden", StringComparison.Ordinal));

    private static async Task<Hydrated?> FindArticle(SocketRequest request)
    {
        await Task.Yield();
        return request.Headers.GetProperty("id").GetString() == "a1" ? new("a1", "Ta1") : null;
    }

    private static View Dehydrate(string? payload) => new(payload ?? "null");

    private static async ValueTask<bool> RefuseAsync()
    {
        await Task.Yield();
        return false;
    }

    private static IReadOnlyDictionary<string, string>? WrongFields(Greeting payload) =>
        payload.Name.Length > 3 ? new Dictionary<string, string> { ["name"] = "at most 3 letters" } : null;

    private bool NoteData(SocketRequest request)
    {
        journal.Note($"data {request.Store.Count}");
        request.Store["data"] = 1;
        return true;
    }

    private Task<bool> NoteAccess(SocketRequest request)
    {
        journal.Note("access");
        request.Store["access"] = 1;
        return Task.FromResult(true);
    }

    private async ValueTask<string?> NoteHydrate(SocketRequest request)
    {
        await Task.Yield();
        journal.Note("hydrate");
        request.Store["hydrate"] = 1;
        return "found";
    }

    private string NoteDehydrate(string payload)
    {
        journal.Note($"dehydrate {payload}");
        return "view";
    }
}
