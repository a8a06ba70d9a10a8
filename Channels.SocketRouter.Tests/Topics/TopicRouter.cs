using System.Text.Json;
using Channels.SocketRouter;

namespace Channels.Tests.SocketRouter;

/// <summary>A router whose topics are all but <c>private.…</c>.</summary>
internal sealed partial class TopicRouter(TopicCalls calls) : SocketRouterConsumer
{
    [SocketRoute]
    public async Task<long> OnPublish(JsonElement payload) =>
        (await PublishAsync(payload.GetProperty("topic").GetString()!, "said", payload.GetProperty("payload"))).Offset;

    [SocketRoute]
    public async Task<int> OnOnce()
    {
        var call = Interlocked.Increment(ref calls.Count);
        await calls.Gate.PassAsync();
        return call;
    }

    [SocketRoute]
    public async Task<int> OnOnceUnlessTold(CancellationToken cancellationToken)
    {
        var call = Interlocked.Increment(ref calls.Count);
        try
        {
            await calls.Gate.PassAsync(cancellationToken);
            return call;
        }
        catch (OperationCanceledException)
        {
            calls.Told.TrySetResult();
            await calls.Stops;
            throw;
        }
    }

    [SocketRoute]
    public async IAsyncEnumerable<int> OnOnceInParts()
    {
        yield return 1;
        await calls.Gate.PassAsync();
        yield return 2;
    }

    [SocketRoute]
    public async IAsyncEnumerable<int> OnOnceInPartsUntilTold([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var call = Interlocked.Increment(ref calls.Count);
        yield return call;
        await calls.Gate.PassAsync(cancellationToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (!cancellationToken.IsCancellationRequested)
        {
            yield return call;
        }
    }

    [SocketRoute]
    public async Task OnPublishAndLook(string payload)
    {
        await PublishAsync("room.1", "said", payload);
        calls.Look();
    }

    [SocketRoute]
    public int OnOnceAndFail() => throw new InvalidOperationException($"call {Interlocked.Increment(ref calls.Count)}");

    protected override string? UserKey => Scope.Path.Split('/')[^1];

    protected override ValueTask<bool> MayJoinAsync(string topic, SocketRequest request) => new(!topic.StartsWith("private.", StringComparison.Ordinal));

    protected override ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
    {
        Interlocked.Increment(ref calls.Ended);
        return base.OnDisconnectAsync(disconnect);
    }
}

internal sealed class TopicCalls
{
    public int Count;

    public int Ended;

    public Action Look = static () => { };

    public Consumers.Gate Gate { get; } = new();

    /// <summary>A handler has been told to stop.</summary>
    public TaskCompletionSource Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How long it takes to stop.</summary>
    public Task Stops { get; set; } = Task.CompletedTask;
}
