using Channels.Tests.Specifications;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of requests on both layouts: two processes on one real server, and an outage of it.</summary>
[TestFixture("core")]
[TestFixture("pubsub")]
public sealed class RedisRequestSpecification(string layout) : RequestSpecification
{
    private readonly OwnRedis _redis = new();

    protected override int Interleavings => 40;

    [TearDown]
    public async Task StopServerAsync()
    {
        await EndProcessesAsync();
        await _redis.DisposeAsync();
    }

    protected override ValueTask AddLayerAsync(ChannelsBuilder builder) => _redis.AddLayerAsync(builder, layout);

    [Test]
    public async Task An_answer_that_is_ready_while_redis_is_away_comes_when_it_is_back()
    {
        var (process, peer) = (await StartProcessAsync(), await StartProcessAsync());
        var (begun, go) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var runs = 0;
        await using var channel = await AnsweringChannel.OpenAsync(RequestsOf(peer), async (_, cancellationToken) =>
        {
            Interlocked.Increment(ref runs);
            begun.TrySetResult();
            await go.Task.WaitAsync(cancellationToken);
            return new ChannelMessage("test.answered");
        });
        var asking = RequestsOf(process).RequestAsync(channel.Name, new ChannelMessage("test.ask"), Patience);
        await begun.Task.WaitAsync(Patience);
        await _redis.Server.KillAsync();
        go.SetResult();
        await _redis.Server.RestartAsync();
        Assert.That((await asking).Type, Is.EqualTo("test.answered"));
        Assert.That(runs, Is.EqualTo(1));
    }
}
